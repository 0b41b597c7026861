/** What sandboxes may reach outside, and within which bounds. */
export interface EgressOptions {
  /**
   * Hosts that sandboxes may connect to: `packages.example.org` (ports 80 and 443), `api.example.com:8443`, `*.example.com` (any name below,
   * at any depth), `10.0.0.5:5000`. Names that lead to an address that is not public are refused all the same, unless that address is
   * listed itself, with its port.
   */
  readonly allow: readonly string[];
  /** Finds the addresses of a name. @default the machine's own resolver, its hosts file included */
  readonly resolve?: (host: string, signal: AbortSignal) => Promise<readonly string[]>;
  /** Connections that one sandbox may have at once. @default 64 */
  readonly maxConnections?: number;
  /** Longest time for finding a host and connecting to it, and for a program to say where it wants to, in milliseconds. @default 15000 */
  readonly connectTimeoutMs?: number;
  /** A connection on which nothing moves for this long is ended, in milliseconds. @default 300000 */
  readonly idleTimeoutMs?: number;
  /** Called once for each connection that a sandbox asks for, when it is known what comes of it. */
  readonly onConnection?: (entry: Readonly<EgressEntry>) => void;
}

/** One connection that a sandbox asked for. It holds no path, no query and no credential. */
export interface EgressEntry {
  readonly sandboxId: string;
  /** Where to, as `host:port`; absent when the request made no sense. */
  readonly target?: string;
  /** `refused`: it is not allowed. `failed`: it is, and could not be made. */
  readonly outcome: "opened" | "refused" | "failed";
  /** Why it was not opened. */
  readonly reason?: string;
}
