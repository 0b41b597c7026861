/** Hands out unprivileged users of the host, one to each box. */
export interface UserIds {
  /** True when each box gets one. */
  readonly areOwn: boolean;
  /** Undefined when this server is not root: its boxes run as its own user. Throws when all are taken. */
  take(): number | undefined;
  /** Gives nobody the user that a kept box has, until the box itself takes it again. */
  reserve(uid: number): void;
  /** Keeps the user that a box had before, or hands out another where that one is not this server's to give. */
  takeAgain(uid: number): number | undefined;
  release(uid: number | undefined): void;
}

const first = 200_000;
const perServer = 512;
const servers = 2_000_000;

/** How many users a server has for its boxes. */
export const usersPerServer = perServer;

/** The first number that no server takes by its own process number; those from here on are for servers that keep their boxes. */
export const firstKeptUser = first + servers * perServer;

/**
 * Numbers that belong to nobody, `start` and those after it. A real root inside a box could write to the host's kernel settings, and no count of processes
 * holds for it; and boxes of one user could signal each other's if a namespace failed.
 */
export function createUserIds(start: number = first + (process.pid % servers) * perServer): UserIds {
  if (process.getuid?.() !== 0) return { areOwn: false, take: () => undefined, reserve: () => {}, takeAgain: () => undefined, release: () => {} };
  const taken = new Set<number>();
  const reserved = new Set<number>();
  let next = 0;

  function take(): number {
    for (let tried = 0; tried < perServer; tried += 1) {
      const uid = start + (next % perServer);
      next += 1;
      if (taken.has(uid) || reserved.has(uid)) continue;
      taken.add(uid);
      return uid;
    }
    throw new Error(`There are ${perServer} sandboxes already, and each needs a user of its own.`);
  }

  return {
    areOwn: true,
    take,
    reserve: (uid) => void reserved.add(uid),
    takeAgain(uid) {
      reserved.delete(uid);
      if (uid < start || uid >= start + perServer || taken.has(uid)) return take();
      taken.add(uid);
      return uid;
    },
    release: (uid) => void (uid !== undefined && taken.delete(uid)),
  };
}
