import type { LocalServer, LocalServerOptions } from "@miosa/local";

/** How to start a stack. */
export interface StackOptions {
  /** Port of the dashboard and the gateway. @default 0, a free one */
  port?: number;
  /** Port of the local server. @default 0, a free one */
  localPort?: number;
  /** An API to use in place of a local server. */
  remote?: { apiKey: string; baseUrl: string } | undefined;
  /** Serves the dashboard's sources and reloads the page when they change. @default false, the built page */
  dev?: boolean;
  /** Brand of the one customer to start with; a member `externalWorkspaceId` is that customer's id. @default the demo accounts */
  tenant?: object | undefined;
  /** Where the local server's sandboxes outlive it; one that nobody has chosen is given up where it cannot be used. @default nowhere */
  state?: { stateDir: string; isChosen: boolean } | undefined;
  /** Options of the local server, such as faults. */
  local?: LocalServerOptions;
}

/** A running stack. */
export interface Stack {
  /** Address of the dashboard. */
  readonly url: string;
  /** The local server; undefined when another API is used. */
  readonly local: LocalServer | undefined;
  /** Why the local server's sandboxes end with it, where that was not asked for. */
  readonly unkept: string | undefined;
  /** Stops everything, sandboxes and their processes included. Calling it again is harmless. */
  close(): Promise<void>;
}

/** Starts local server, gateway and dashboard; the packages and the dashboard must be built. Throws a `StartMistake` for a taken port. */
export function startStack(options?: StackOptions): Promise<Stack>;
