/** One answered request. It never holds a credential, a query string or a body. */
export interface LogEntry {
  /** The answer's `x-request-id`. */
  readonly id: string;
  readonly method: string;
  /** Path as requested, without its query string. */
  readonly path: string;
  /** Method and path pattern of the matching route, such as `GET /computers/:id`; absent when none matched. */
  route?: string;
  /** Status of the answer; absent while there is none. */
  status?: number;
  /** Code of the error that was answered. */
  code?: string;
  /** The server's clock at the start, in milliseconds since 1970. */
  readonly startedAt: number;
  /** Milliseconds from the request to the answer's headers; absent while there is none. */
  durationMs?: number;
}

/** What a server was asked. The oldest entries fall out after `limit`. */
export interface RequestLog {
  add(entry: LogEntry): void;
  /** Copies of all entries, oldest first. */
  entries(): readonly Readonly<LogEntry>[];
  /** How many requests matched a route, given as `GET /computers/:id` or as a path pattern alone. */
  count(route: string): number;
  clear(): void;
}

export function createRequestLog(limit = 10_000): RequestLog {
  const entries: LogEntry[] = [];
  return {
    add(entry) {
      entries.push(entry);
      if (entries.length > limit) entries.shift();
    },
    entries: () => entries.map((entry) => ({ ...entry })),
    count: (route) => entries.filter((entry) => matchesRoute(route, entry.route)).length,
    clear: () => void entries.splice(0),
  };
}

/** True when `wanted`, with or without a method, names the route `route`. */
export function matchesRoute(wanted: string, route: string | undefined): boolean {
  return route !== undefined && (wanted === route || wanted === route.slice(route.indexOf(" ") + 1));
}
