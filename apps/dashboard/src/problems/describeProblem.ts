import { type ApiError, isApiError, isMiosaError, isNetworkError, isProtocolError, isRateLimited, isTimeoutError } from "@miosa/core";

/** What went wrong, for a person: what it is and what to do about it. */
export interface ProblemText {
  kind: "offline" | "unreachable" | "broken" | "signedOut" | "refused" | "forbidden" | "unknown" | "busy" | "late" | "other";
  title: string;
  advice: string;
  /** How long to wait before the next try, where the server said so, in milliseconds. */
  waitMs: number | null;
  /** For support: the server's request id. */
  requestId: string | null;
  /** False where another try can only end the same way. */
  canRetry: boolean;
}

/** What was asked for: says what a 404 did not find, and what a broken connection leaves open. */
export type Subject = "sandbox" | "file" | "command";

/** How an error is put into words. */
export interface DescribeOptions {
  /** What the browser says of its own connection. @default navigator.onLine */
  online?: boolean;
  /** @default "sandbox" */
  subject?: Subject | undefined;
  /** True for what someone did: unlike what is shown, the page does not try it again by itself. @default false */
  isAction?: boolean | undefined;
}

/** Puts an error into words. */
export function describeProblem(error: unknown, { online = navigator.onLine, subject = "sandbox", isAction = false }: DescribeOptions = {}): ProblemText {
  const requestId = isMiosaError(error) ? (error.requestId ?? null) : null;
  const waitMs = isRateLimited(error) ? (error.retryAfterMs ?? null) : null;
  const { actionAdvice, ...words } = wording(error, online, subject);
  return { waitMs, requestId, canRetry: true, ...words, ...(isAction && actionAdvice !== undefined && { advice: actionAdvice }) };
}

type Wording = Pick<ProblemText, "kind" | "title" | "advice"> & Partial<ProblemText> & { actionAdvice?: string };

function wording(error: unknown, online: boolean, subject: Subject): Wording {
  if (isMiosaError(error) && brokenCodes.has(error.code)) return broken[subject];
  if (isNetworkError(error)) return online ? unreachable("The dashboard's server does not answer") : offline;
  if (isTimeoutError(error)) return late;
  if (isApiError(error) && error.code === "SANDBOX_FAILED") return { kind: "other", title: "The sandbox did not boot", advice: reasonOf(error) };
  if (isApiError(error) && error.code === "SANDBOX_DESTROYED") return unknownSandbox;
  if (isApiError(error) && error.code === "UPSTREAM_REFUSED") return refused;
  if (isApiError(error)) return subject === "file" && error.status === 404 ? unknownFile : answered(error.status ?? 0, error.message);
  if (isProtocolError(error)) {
    return {
      kind: "other",
      title: "The answer could not be read",
      advice: "Something between this page and the sandbox API answered in its place. Check the address of the API, then try again.",
    };
  }
  const advice = error instanceof Error ? error.message : "Try again; if it stays, reload the page.";
  return { kind: "other", title: "Something went wrong", advice };
}

function answered(status: number, message: string): Wording {
  if (status === 401) return signedOut;
  if (status === 403) return forbidden;
  if (status === 404) return unknownSandbox;
  if (status === 413) return tooLarge;
  if (status === 429) return busy;
  if (status === 502 || status === 503 || status === 504) return unreachable("The sandbox API does not answer");
  return { kind: "other", title: "The sandbox API refused this", advice: message, canRetry: status >= 500 };
}

/** Why a sandbox failed, in the server's words where it gave some. */
function reasonOf({ details }: ApiError): string {
  const given = typeof details === "object" && details !== null ? { ...details } : {};
  const reason = "reason" in given && typeof given.reason === "string" ? given.reason : "error" in given ? given.error : undefined;
  return typeof reason === "string" ? reason : "The server does not say why.";
}

/** What is said while the browser has no connection. */
export const offline: Wording = {
  kind: "offline",
  title: "You are offline",
  advice: "This browser has no connection. The page picks up by itself when it is back.",
  actionAdvice: "This browser has no connection. Try again when it is back.",
};

/** Of an answer that began and did not come to its end. */
const brokenCodes: ReadonlySet<string> = new Set(["STREAM_LOST", "STREAM_CLOSED"]);

const brokenAnswer: Wording = {
  kind: "broken",
  title: "The connection broke",
  advice: "Not everything has come. Try again.",
};

const broken: Record<Subject, Wording> = {
  sandbox: brokenAnswer,
  file: brokenAnswer,
  command: {
    ...brokenAnswer,
    advice: "What came until then is shown. The command may have done any part of its work, so look before you run it again.",
  },
};

const late: Wording = {
  kind: "late",
  title: "No answer in time",
  advice: "The sandbox API took too long. It may be under load; the page keeps trying.",
  actionAdvice: "The sandbox API took too long. It may have done it nevertheless: look before you try again.",
};

const signedOut: Wording = {
  kind: "signedOut",
  title: "You are signed out",
  advice: "Your session has ended. Sign in again where you came from, then load this page anew.",
};

const refused: Wording = {
  kind: "refused",
  title: "The API key was refused",
  advice: "The key is kept on the server, not in this page. Whoever runs the dashboard needs to set a valid MIOSA_API_KEY and start it again.",
};

const forbidden: Wording = {
  kind: "forbidden",
  title: "You may not do this",
  advice: "Your session does not include it. Ask whoever runs this dashboard for access.",
  canRetry: false,
};

const unknownSandbox: Wording = {
  kind: "unknown",
  title: "No sandbox has this id",
  advice: "It may have been deleted, or the link may be incomplete. The list shows every sandbox you can see.",
  canRetry: false,
};

const unknownFile: Wording = {
  kind: "unknown",
  title: "It is not there any more",
  advice: "It may have been moved or deleted in the sandbox. Its folder shows what is there now.",
};

const tooLarge: Wording = {
  kind: "other",
  title: "It is too large",
  advice: "The server does not take this much at once. Send it in parts, or fetch it from inside the sandbox with a command.",
  canRetry: false,
};

const busy: Wording = {
  kind: "busy",
  title: "Too many requests",
  advice: "The sandbox API asks for a pause. The page tries again by itself.",
  actionAdvice: "The sandbox API asks for a pause. Try again after it.",
};

function unreachable(title: string): Wording {
  return {
    kind: "unreachable",
    title,
    advice: "Check that it is running. The page keeps trying and picks up by itself.",
    actionAdvice: "Check that it is running, then try again.",
  };
}
