import type { ServerResponse } from "node:http";
import type { LeakyUpstream, SeenRequest } from "../leakyUpstream.js";
import type { RawAnswer, RawRequest } from "../sendRaw.js";

/** One attempt to get at what is not one's own, and what must come of it. */
export interface Attack extends RawRequest {
  name: string;
  /** Who tries, by the `session` cookie; null has none. @default "ann", a user of acme */
  as?: string | null;
  status: number;
  code?: string;
  /** What the API may be asked meanwhile, as `METHOD /path`, in order. @default nothing */
  reaches?: readonly string[];
  /** How the API behaves. @default it gives everything away */
  upstream?: (upstream: LeakyUpstream) => void;
  /** Ends the reading of a stream. */
  until?: (text: string) => boolean;
  /** What else must hold. */
  check?: (answer: RawAnswer, seen: readonly SeenRequest[]) => void;
}

export const json = [["content-type", "application/json"]] as const;

/** A request with a JSON body. */
export function posting(body: unknown): Pick<Attack, "method" | "headers" | "body"> {
  return { method: "POST", headers: json, body: typeof body === "string" ? body : JSON.stringify(body) };
}

/** An API that answers like this to every path that matches. */
export function answering(path: RegExp, answer: (outgoing: ServerResponse, request: SeenRequest) => void) {
  return (upstream: LeakyUpstream): void =>
    upstream.answerWith((request, outgoing) => {
      if (!path.test(request.path)) return false;
      answer(outgoing, request);
      return true;
    });
}

/** The one request with which the gateway asks whose an id is. */
export const lookup = (id: string): string => `GET /computers/${id}`;
