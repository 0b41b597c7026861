import type { Duplex } from "node:stream";
import { createAddressCheck } from "./addresses.js";
import { createAllowList } from "./allowList.js";
import type { EgressOptions } from "./egressOptions.js";
import { type EgressRules, resolveHost } from "./openUpstream.js";
import { openBoxProxy } from "./openBoxProxy.js";

/** The way out of one box. */
export interface BoxEgress {
  /** Serves a connection that the box has made to its proxy. */
  accept(connection: Duplex): void;
  /** Says whose box it is from now on. */
  belongsTo(sandboxId: string): void;
}

/**
 * Makes the proxy through which boxes reach the hosts of a list: HTTP requests with whole URLs, and `CONNECT` for all else.
 * Throws a TypeError when the list has an entry that is no host.
 */
export function createEgress(options: EgressOptions): { openBox(): BoxEgress } {
  const isPublic = createAddressCheck();
  const rules: EgressRules = { isPublic, allowList: createAllowList(options.allow, isPublic), resolve: options.resolve ?? resolveHost };
  return {
    openBox() {
      let owner = "";
      const accept = openBoxProxy(rules, { ...options, onConnection: (entry) => options.onConnection?.({ sandboxId: owner, ...entry }) });
      return { accept, belongsTo: (sandboxId) => void (owner = sandboxId) };
    },
  };
}
