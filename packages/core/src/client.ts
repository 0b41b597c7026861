import type { Computer, Computers } from "./computers/types.js";
import type { Desktop } from "./desktop/types.js";
import type { Events } from "./events/types.js";
import type { Exec } from "./exec/types.js";
import type { Files } from "./files/types.js";
import type { Sandboxes } from "./sandboxes/types.js";
import type { Tokens } from "./tokens/types.js";
import type { Usage } from "./usage/types.js";

/** The client: namespaces of functions over one transport. */
export interface MiosaClient {
  readonly sandboxes: Sandboxes;
  readonly computers: Computers;
  readonly exec: Exec;
  readonly files: Files;
  readonly desktop: Desktop;
  readonly events: Events;
  readonly usage: Usage;
  readonly tokens: Tokens;
  /**
   * A digest that two clients have in common only if they talk to the same server with the same fixed credential, or with the
   * same `key` where the page names its user. Undefined when there is nothing to go by. Tabs share a live feed by it.
   */
  identity(key?: string): Promise<string | undefined>;
}

export type { Computer, Computers, Desktop, Events, Exec, Files, Sandboxes, Tokens, Usage };
