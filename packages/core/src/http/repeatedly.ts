import ky from "ky";

/** A call that may be tried more than once. */
export interface Tries {
  /** One try; resolves to a 2xx answer. */
  attempt(): Promise<Response>;
  /** Whether to try again after this failure, and with it when. */
  mayRepeat(failure: unknown): boolean;
  /** Waits until the next try is due, and makes ready for it. */
  prepareNext(): Promise<void>;
}

/** Tries until one succeeds, or fails in a way that may not be repeated. At most `limit` tries follow the first. */
export async function repeatedly(url: string, method: string, limit: number, tries: Tries): Promise<void> {
  let failure: unknown;
  try {
    await tries.attempt();
    return; // most calls end here, and are spared what ky costs on top of a fetch
  } catch (error) {
    failure = error;
  }
  if (!tries.mayRepeat(failure)) throw failure;
  await ky(url, {
    method,
    timeout: false,
    async fetch() {
      await tries.prepareNext();
      try {
        return await tries.attempt();
      } catch (error) {
        failure = error;
        throw error;
      }
    },
    retry: {
      limit,
      methods: [method.toLowerCase()],
      delay() {
        if (!tries.mayRepeat(failure)) throw failure;
        return 0; // the pause is in prepareNext, where an abort ends it
      },
    },
  });
}
