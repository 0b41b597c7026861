import { isIP } from "node:net";
import { readHost, readTarget, type Target } from "./target.js";

/** The hosts that sandboxes may connect to. */
export interface AllowList {
  /** True when a name or address is listed for the port. */
  lists(target: Target): boolean;
  /** True when the very address is listed with the very port, which lifts the ban on what is not public. */
  listsAddress(target: Target): boolean;
}

interface Rule {
  readonly host: string;
  readonly isWildcard: boolean;
  readonly ports: readonly number[];
}

/** Ports of an entry that names none: those of HTTP. */
const usualPorts = [80, 443];

const loopback = ["127.0.0.1", "::1"];

/** Reads the entries of a list. Throws a TypeError that says which one is wrong and how to put it right. */
export function createAllowList(entries: readonly string[], isPublic: (address: string) => boolean): AllowList {
  const rules = entries.map((entry) => readRule(entry, isPublic));
  return {
    lists: ({ host, port }) => rules.some((rule) => rule.ports.includes(port) && (rule.isWildcard ? host.endsWith(`.${rule.host}`) && !isIP(host) : host === rule.host)),
    listsAddress: ({ host, port }) =>
      rules.some((rule) => rule.ports.includes(port) && !rule.isWildcard && (rule.host === host || (rule.host === "localhost" && loopback.includes(host)))),
  };
}

function readRule(entry: string, isPublic: (address: string) => boolean): Rule {
  const isWildcard = entry.startsWith("*.");
  const rest = isWildcard ? entry.slice(2) : entry;
  const target = readTarget(rest);
  const host = target?.host ?? readHost(rest);
  if (host === undefined || readTarget(rest, 1) === undefined || (isWildcard && isIP(host))) {
    throw new TypeError(`egress: ${JSON.stringify(entry)} is no host. Write a name or an address, with or without a port: packages.example.org, *.example.com, api.example.com:8443, [2001:db8::1]:443.`);
  }
  if (!target && (host === "localhost" || (isIP(host) && !isPublic(host)))) {
    throw new TypeError(`egress: ${JSON.stringify(entry)} is not a public address, so its port has to be named too: ${rest}:8080.`);
  }
  return { host, isWildcard, ports: target ? [target.port] : usualPorts };
}
