import { STATUS_CODES } from "node:http";

/** What a request could fail by, with its status and its name in the header `Proxy-Status` (RFC 9209). */
const kinds = {
  badRequest: { status: 400, error: "http_request_error", outcome: "refused" },
  notListed: { status: 403, error: "http_request_denied", outcome: "refused" },
  notPublic: { status: 403, error: "destination_ip_prohibited", outcome: "refused" },
  tooMany: { status: 503, error: "connection_limit_reached", outcome: "refused" },
  notFound: { status: 502, error: "dns_error", outcome: "failed" },
  notReached: { status: 502, error: "destination_unavailable", outcome: "failed" },
  broken: { status: 502, error: "connection_terminated", outcome: "failed" },
  late: { status: 504, error: "connection_timeout", outcome: "failed" },
} as const;

/** A connection that is not made. The message is for whoever reads the answer inside the sandbox. */
export class EgressProblem extends Error {
  override readonly name = "EgressProblem";
  readonly status: number;
  readonly outcome: "refused" | "failed";
  readonly #error: string;

  constructor(
    kind: keyof typeof kinds,
    message: string,
    /** What the server's log says instead, where that may be more. */
    readonly reason = message,
  ) {
    super(message);
    const { status, error, outcome } = kinds[kind];
    [this.status, this.outcome, this.#error] = [status, outcome, error];
  }

  get headers(): Readonly<Record<string, string>> {
    return { "content-type": "text/plain; charset=utf-8", "content-length": String(this.body.length), "proxy-status": `miosa-local; error=${this.#error}`, connection: "close" };
  }

  get body(): Buffer {
    return Buffer.from(`${this.message}\n`);
  }

  /** The whole answer, for a connection that is not a request's (any more). */
  get answer(): Buffer {
    const head = [`HTTP/1.1 ${this.status} ${STATUS_CODES[this.status]}`, ...Object.entries(this.headers).map(([name, value]) => `${name}: ${value}`)];
    return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), this.body]);
  }
}
