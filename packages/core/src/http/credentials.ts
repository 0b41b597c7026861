import { apiKeyPrefix } from "@miosa/protocol";
import type { MiosaClientOptions } from "../clientOptions.js";
import { invalidArgument, isMiosaError, MiosaError } from "../errors.js";

/** Where the bearer credential of each request comes from. */
export interface Credentials {
  /** The `Authorization` value for the next request; undefined where the gateway adds it. */
  authorization(): Promise<string | undefined> | string | undefined;
  /** Forgets a token that earned a 401. True when a fresh one can be had, so that one more try makes sense. */
  refresh(rejected: string | null): boolean;
  /** The credential, where it never changes. */
  readonly fixed: string | undefined;
}

/** Reads the client's `apiKey` or `token`. Throws when both are given, or when a secret key would reach a page. */
export function createCredentials(options: MiosaClientOptions): Credentials {
  const { apiKey, token, dangerouslyAllowApiKeyInBrowser = false } = options;
  if (apiKey !== undefined && token !== undefined) throw invalidArgument("Give either apiKey or token, not both.");
  const guard = (credential: string): string => {
    // What no header can carry would be told, credential and all, by the runtime's own error.
    if (typeof credential !== "string" || !/^\s*[!-~]+\s*$/.test(credential)) {
      throw invalidArgument("An apiKey or token must consist of visible ASCII characters.");
    }
    if (credential.startsWith(apiKeyPrefix) && !dangerouslyAllowApiKeyInBrowser && isBrowser()) {
      throw invalidArgument(
        `An ${apiKeyPrefix} key is secret and must not reach a browser, where every visitor can read it. Put @miosa/gateway ` +
          "on your server and give its path as baseUrl, or give a scoped token.",
      );
    }
    return `Bearer ${credential.trim()}`;
  };
  if (typeof token === "function") return createTokenSource(token, guard);
  const fixed = apiKey ?? token;
  const header = fixed === undefined ? undefined : guard(fixed);
  return { authorization: () => header, refresh: () => false, fixed };
}

function createTokenSource(fetchToken: () => string | Promise<string>, guard: (token: string) => string): Credentials {
  let current: string | undefined;
  let flight: Promise<string> | undefined;
  return {
    fixed: undefined,
    authorization() {
      if (current !== undefined) return current;
      flight ??= (async () => {
        try {
          // Asked in a task of its own: a function that throws at once must not be over before its flight is remembered.
          current = guard(await Promise.resolve().then(fetchToken));
          return current;
        } catch (cause) {
          if (isMiosaError(cause)) throw cause;
          throw new MiosaError("The token function failed, so the request was not sent.", { code: "TOKEN_FAILED", cause });
        } finally {
          flight = undefined;
        }
      })();
      return flight;
    },
    refresh(rejected) {
      // Another call may have fetched a fresh token meanwhile: that one is kept.
      if (current === rejected) current = undefined;
      return true;
    },
  };
}

/** True in a page and in a web worker. Edge runtimes have neither `window` nor `importScripts`. */
export function isBrowser(): boolean {
  return "window" in globalThis || typeof Reflect.get(globalThis, "importScripts") === "function";
}
