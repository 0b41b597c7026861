/** Hands out unprivileged users of the host, one to each box. */
export interface UserIds {
  /** True when each box gets one. */
  readonly areOwn: boolean;
  /** Undefined when this server is not root: its boxes run as its own user. Throws when all are taken. */
  take(): number | undefined;
  release(uid: number | undefined): void;
}

const first = 200_000;
const perServer = 512;
const servers = 2_000_000;

/**
 * Numbers that belong to nobody. A real root inside a box could write to the host's kernel settings, and no count of processes
 * holds for it; and boxes of one user could signal each other's if a namespace failed.
 */
export function createUserIds(): UserIds {
  if (process.getuid?.() !== 0) return { areOwn: false, take: () => undefined, release: () => {} };
  const taken = new Set<number>();
  const start = first + (process.pid % servers) * perServer;
  let next = 0;
  return {
    areOwn: true,
    take() {
      for (let tried = 0; tried < perServer; tried += 1) {
        const uid = start + (next % perServer);
        next += 1;
        if (taken.has(uid)) continue;
        taken.add(uid);
        return uid;
      }
      throw new Error(`There are ${perServer} sandboxes already, and each needs a user of its own.`);
    },
    release: (uid) => void (uid !== undefined && taken.delete(uid)),
  };
}
