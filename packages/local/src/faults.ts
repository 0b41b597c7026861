import { matchesRoute } from "./requestLog.js";

/** How often and where a fault strikes. */
export interface FaultScope {
  /** Strikes this often, then is gone. @default without end */
  times?: number;
  /** Routes it strikes, such as `GET /events/stream` or `/computers/:id`. @default see each fault */
  routes?: readonly string[];
}

/** The faults that a local server can be told to have. */
export interface LocalFaults {
  /** Sandboxes take this much longer to boot. */
  slowStart: FaultScope & { delayMs: number };
  /** Sandboxes boot for ever. */
  neverReady: true | FaultScope;
  /** Booting fails with this reason: status `error`. */
  bootFails: FaultScope & { reason: string };
  /** The readiness stream (or the streams in `routes`) answers 404, as a server older than it does. */
  noStream: true | FaultScope;
  /** The readiness stream is cut right after its headers; with `clean`, it ends there in good order. */
  dropStream: true | (FaultScope & { clean?: boolean });
  /** The readiness stream sends its headers and then nothing. */
  stallStream: true | FaultScope;
  /** The readiness stream answers at once with its `timeout` frame. */
  timeoutStream: true | FaultScope;
  /** Any request is answered with 401. */
  unauthorized: true | FaultScope;
  /** Any request is answered with 429 and `Retry-After`. */
  rateLimited: FaultScope & { retryAfterSec: number };
  /** Any request is answered with this status, 500 when not given. */
  serverError: true | (FaultScope & { status?: 500 | 502 | 503 | 504 });
  /** Any request waits this long before it is looked at. */
  slowAnswer: FaultScope & { delayMs: number };
  /** Any request is never answered; it ends when the client leaves or the server closes. */
  noAnswer: true | FaultScope;
  /** Any request's connection is cut without an answer. */
  cutConnection: true | FaultScope;
}

/** Name of a fault. */
export type FaultName = keyof LocalFaults;

/** The faults of a running server. */
export interface Faults {
  /** Makes a fault strike from now on. */
  set<Name extends FaultName>(name: Name, value: LocalFaults[Name]): void;
  /** Takes back one fault, or all. */
  clear(name?: FaultName): void;
  /** Names of the faults that still strike. */
  active(): readonly FaultName[];
}

/** The server's own side of {@link Faults}. */
export interface FaultSource extends Faults {
  /** The fault's value when it strikes `route`, which counts as one of its `times`. */
  strike<Name extends FaultName>(name: Name, route?: string): LocalFaults[Name] | undefined;
}

const streamFaults: ReadonlySet<FaultName> = new Set(["noStream", "dropStream", "stallStream", "timeoutStream"]);

/** Routes that stream faults strike unless told otherwise. */
const defaultStreamRoutes = ["GET /sandboxes/:id/readiness/stream"];

export function createFaults(initial: Partial<LocalFaults> = {}): FaultSource {
  const values: Partial<LocalFaults> = { ...initial };
  const strikes = new Map<FaultName, number>();

  function scope(name: FaultName): FaultScope | undefined {
    const value = values[name];
    return value === true ? {} : value;
  }

  return {
    set(name, value) {
      values[name] = value;
      strikes.delete(name);
    },
    clear(name) {
      for (const each of name ? [name] : names(values)) {
        delete values[each];
        strikes.delete(each);
      }
    },
    active: () => names(values),
    strike(name, route) {
      const value = values[name];
      const { times = Infinity, routes } = scope(name) ?? { times: 0 };
      const struck = routes ?? (streamFaults.has(name) ? defaultStreamRoutes : undefined);
      if (route !== undefined && struck && !struck.some((wanted) => matchesRoute(wanted, route))) return undefined;
      const before = strikes.get(name) ?? 0;
      if (before >= times) return undefined;
      strikes.set(name, before + 1);
      if (before + 1 >= times) delete values[name];
      return value;
    },
  };
}

function names(values: Partial<LocalFaults>): FaultName[] {
  return Object.keys(values).filter(isFaultName);
}

const allNames: Readonly<Record<FaultName, true>> = {
  slowStart: true,
  neverReady: true,
  bootFails: true,
  noStream: true,
  dropStream: true,
  stallStream: true,
  timeoutStream: true,
  unauthorized: true,
  rateLimited: true,
  serverError: true,
  slowAnswer: true,
  noAnswer: true,
  cutConnection: true,
};

/** True for the name of a fault. */
export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(allNames, name);
}
