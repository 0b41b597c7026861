import { lookup } from "node:dns/promises";
import { connect, isIP, type Socket } from "node:net";
import type { AllowList } from "./allowList.js";
import { EgressProblem } from "./egressProblem.js";
import { readTarget, type Target, toText } from "./target.js";

/** What decides on a connection. */
export interface EgressRules {
  readonly allowList: AllowList;
  readonly isPublic: (address: string) => boolean;
  readonly resolve: (host: string, signal: AbortSignal) => Promise<readonly string[]>;
}

/** How long one of several addresses is tried before the next one is. */
const attemptTimeoutMs = 1_000;

/** Asks the machine's own resolver. */
export async function resolveHost(host: string): Promise<string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

/**
 * Connects to a host of the list. Its addresses are looked up once, and what has been checked is what is connected to, so that a name
 * cannot change its mind in between. Throws {@link EgressProblem}, or the signal's reason.
 */
export async function openUpstream(target: Target, rules: EgressRules, signal: AbortSignal): Promise<Socket> {
  const text = toText(target);
  if (!rules.allowList.lists(target) && !(isIP(target.host) && rules.allowList.listsAddress(target))) throw notListed(text);
  const found = isIP(target.host) ? [target.host] : await addressesOf(target, rules, signal);
  const addresses = found.filter((host) => rules.isPublic(host) || rules.allowList.listsAddress({ host, port: target.port }));
  if (addresses.length === 0) throw notPublic(target, found);
  return connectToAny(addresses, target, signal);
}

function notListed(text: string): EgressProblem {
  return new EgressProblem(
    "notListed",
    `This sandbox may not connect to ${text}. To allow it, start the server with --allow-egress ${text}, or with createLocalServer({ egress: { allow: [${JSON.stringify(text)}] } }).`,
    "is not on the list",
  );
}

function notPublic({ host, port }: Target, found: readonly string[]): EgressProblem {
  const kept = isIP(host) ? `${toText({ host, port })} is` : `${host} is on the list, but leads to`;
  const addresses = found.map((address) => toText({ host: address, port })).join(", ");
  return new EgressProblem(
    "notPublic",
    `This sandbox may not connect: ${kept} an address that is not public. To allow it, list that address with its port too; the server's log names it.`,
    `leads to ${addresses}, which is not public and not on the list itself`,
  );
}

async function addressesOf({ host }: Target, { resolve }: EgressRules, signal: AbortSignal): Promise<readonly string[]> {
  try {
    const found = await untilAborted(resolve(host, signal), signal);
    // In their one usual spelling, as the list has them.
    const addresses = found.flatMap((address) => readTarget(address.includes(":") ? `[${address}]` : address, 1)?.host ?? []).filter((address) => isIP(address));
    if (addresses.length > 0) return addresses;
  } catch (error) {
    signal.throwIfAborted();
    throw new EgressProblem("notFound", `${host} was not found${codeOf(error)}.`);
  }
  throw new EgressProblem("notFound", `${host} has no address.`);
}

async function connectToAny(addresses: readonly string[], { host, port }: Target, signal: AbortSignal): Promise<Socket> {
  const [first = "", ...others] = addresses;
  const checked = addresses.map((address) => ({ address, family: isIP(address) }));
  const socket = connect({
    port,
    allowHalfOpen: true,
    ...(others.length === 0 ? { host: first } : { host, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: attemptTimeoutMs, lookup: (_, __, done) => done(null, checked) }),
  });
  try {
    await untilAborted(
      new Promise<void>((resolve, reject) => {
        socket.once("connect", resolve);
        socket.once("error", reject);
      }),
      signal,
    );
    return socket;
  } catch (error) {
    socket.on("error", () => {}); // told already
    socket.destroy();
    signal.throwIfAborted();
    throw new EgressProblem("notReached", `${toText({ host, port })} cannot be reached${codeOf(error)}.`);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
}

async function untilAborted<Result>(wanted: Promise<Result>, signal: AbortSignal): Promise<Result> {
  signal.throwIfAborted();
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
  });
  wanted.catch(() => {}); // late for those who have left
  try {
    return await Promise.race([wanted, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
