import { randomBytes, randomInt } from "node:crypto";
import { isSavedQuota, type SavedQuota } from "../access/quotas.js";
import { isSavedKey, type SavedKey } from "../access/scopedKeys.js";
import { createApiKey } from "../apiKeys.js";
import type { IsolatingDriverOptions } from "../drivers/createAgentDriver.js";
import { firstKeptUser, usersPerServer } from "../drivers/userIds.js";
import { isSavedAnswer, type SavedAnswer } from "../http/savedAnswer.js";
import { createScratch, keptScratch, type Scratch } from "../sandboxes/scratch.js";
import { every } from "../timers.js";
import { isSavedSession, type SavedSession } from "../usage/usageSession.js";
import { createJournal } from "./journal.js";
import { type Keeping, nothingKept } from "./keeping.js";
import { createBoxMarks, outlives, removeLeftovers } from "./leftovers.js";
import { LocalStateError } from "./localStateError.js";
import { isSavedSandbox, type SavedSandbox } from "./savedSandbox.js";
import { openStateDatabase, type StateDatabase, unreadable } from "./stateDatabase.js";
import { closeToOthers, keptApiKey, openStateDirectory, type StateDirectory } from "./stateDirectory.js";

/** What an earlier server has written down. */
export interface SavedState {
  readonly sandboxes: readonly SavedSandbox[];
  readonly sessions: readonly SavedSession[];
  readonly answers: readonly SavedAnswer[];
  readonly keys: readonly SavedKey[];
  readonly quotas: readonly SavedQuota[];
  /** When the earlier server was last known to run, in milliseconds since 1970. */
  readonly aliveAt: number;
}

/** Where a server has its state, and what it begins with. */
export interface ServerState extends Keeping {
  /** Absent where nothing outlives the server. */
  readonly path?: string;
  readonly saved: SavedState;
  /** Where its driver keeps boxes, and the users of the host that are theirs alone, also against those of other servers. */
  readonly forDriver: Pick<IsolatingDriverOptions, "keepDir" | "firstUserId">;
  readonly scratch: Scratch;
  /** What scoped tokens are signed with. */
  readonly tokenSecret: Uint8Array;
  /** The key that is accepted where none is given. */
  apiKey(): Promise<string>;
  /** Writes what is still to be written, and lets others open the directory. */
  close(): Promise<void>;
}

/** The state of a server that keeps nothing. */
export function noState(dataDir: string | undefined): ServerState {
  const scratch = createScratch(dataDir);
  const saved = { sandboxes: [], sessions: [], answers: [], keys: [], quotas: [], aliveAt: 0 };
  return { ...nothingKept, saved, forDriver: {}, scratch, tokenSecret: randomBytes(secretBytes), apiKey: async () => createApiKey(), close: scratch.remove };
}

/** How often the server writes down that it runs, in milliseconds: that much of a run may be lost when it is killed. */
const aliveEveryMs = 5_000;
const aliveKey = "server:alive";

/** Writes down now and then that the server runs, while a sandbox does. The returned function ends it. */
export function noteAlive({ journal }: Keeping, isNeeded: () => boolean, now: () => number): () => void {
  if (!journal.keeps) return () => {};
  return every(aliveEveryMs, () => {
    if (isNeeded()) journal.note(aliveKey, now);
  });
}

const usersKey = "server:users";
const secretKey = "server:token-secret";
const secretBytes = 32;

/**
 * Opens a state directory and removes what a killed server has left half done in it. Throws a {@link LocalStateError} before anything
 * is changed when the directory cannot be used.
 */
export async function openState(path: string, options: { forOwnUsers: boolean; onError: (error: unknown) => void }): Promise<ServerState> {
  const directory = await openStateDirectory(path);
  const database = await openStateDatabase(directory.database);
  try {
    const saved = sorted(await database.readAll(), directory);
    await closeToOthers(directory, options);
    return await takeState(directory, database, saved, options.onError);
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function takeState(directory: StateDirectory, database: StateDatabase, saved: ReturnType<typeof sorted>, onError: (error: unknown) => void): Promise<ServerState> {
  const { sandboxes, users, secret = randomBytes(secretBytes), ...rest } = saved;
  const setAside = await removeLeftovers(directory, sandboxes);
  if (setAside.length > 0) {
    onError(new LocalStateError("STATE_CORRUPT", `Files of sandboxes that no record names were set aside, since records must have been lost:\n${setAside.join("\n")}`));
  }
  const journal = createJournal(database.write, onError);
  for (const { id } of sandboxes.filter((each) => !outlives(each))) journal.note(`sandbox:${id}`, () => undefined);
  const slot = users ?? randomInt(maxSlots);
  journal.note(usersKey, () => slot);
  journal.note(secretKey, () => secret.toString("base64url"));
  await journal.settled();
  return {
    path: directory.path,
    journal,
    marks: createBoxMarks(directory),
    saved: { ...rest, sandboxes: sandboxes.filter(outlives) },
    forDriver: { keepDir: directory.boxes, firstUserId: firstKeptUser + slot * usersPerServer },
    scratch: keptScratch(directory.saved),
    tokenSecret: secret,
    apiKey: () => keptApiKey(directory),
    async close() {
      try {
        await journal.settled();
      } finally {
        await database.close();
      }
    },
  };
}

/** Keeps the numbers below 2³¹, past which some programs take them for negative. */
const maxSlots = 2_000_000;

function sorted(entries: ReadonlyMap<string, unknown>, { database }: StateDirectory) {
  const [sandboxes, sessions, answers] = [new Array<SavedSandbox>(), new Array<SavedSession>(), new Array<SavedAnswer>()];
  const [keys, quotas] = [new Array<SavedKey>(), new Array<SavedQuota>()];
  let users: number | undefined;
  let secret: Buffer | undefined;
  let aliveAt = 0;
  for (const [key, value] of entries) {
    const [kind] = key.split(":");
    if (kind === "sandbox" && isSavedSandbox(value)) sandboxes.push(value);
    else if (kind === "session" && isSavedSession(value)) sessions.push(value);
    else if (kind === "answer" && isSavedAnswer(value)) answers.push(value);
    else if (kind === "key" && isSavedKey(value)) keys.push(value);
    else if (kind === "quota" && isSavedQuota(value)) quotas.push(value);
    else if (key === secretKey && isSecret(value)) secret = Buffer.from(value, "base64url");
    else if (key === usersKey && typeof value === "number") users = value;
    else if (key === aliveKey && typeof value === "number") aliveAt = value;
    else throw unreadable(key, database);
  }
  return { sandboxes, sessions, answers, keys, quotas, users, secret, aliveAt };
}

function isSecret(value: unknown): value is string {
  return typeof value === "string" && Buffer.from(value, "base64url").byteLength === secretBytes;
}
