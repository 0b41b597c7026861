import { isIP, isIPv6 } from "node:net";

/** Where a connection goes: a name in lower case without a dot at its end, or an address in its one usual spelling. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** A host with or without a port. Nobody's name, password, zone or path belongs here. */
const authority = /^(\[[\da-f:.]+\]|[a-z\d._-]+)(?::(\d{1,5}))?$/i;

/** Reads `host:port` of any spelling that a URL may have. Undefined when it is none, or has no port and there is no `defaultPort`. */
export function readTarget(text: string, defaultPort?: number): Target | undefined {
  const [, name = "", digits] = authority.exec(text) ?? [];
  const host = readHost(name);
  const port = digits === undefined ? defaultPort : Number(digits);
  if (host === undefined || port === undefined || port < 1 || port > 65_535) return undefined;
  return { host, port };
}

/** Reads a host as URLs do, so that `0x7f.1`, `2130706433` and `127.0.0.1` are one. */
export function readHost(name: string): string | undefined {
  if (!URL.canParse(`http://${name}/`)) return undefined;
  const { hostname } = new URL(`http://${name}/`);
  const host = hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
  return isIP(host) || host.split(".").every((label) => label !== "") ? host : undefined;
}

/** `host:port`, as it stands in a URL. */
export function toText({ host, port }: Target): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
