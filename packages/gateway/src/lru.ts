/** A map that forgets what was used longest ago once it is full. */
export interface Lru<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value): void;
  delete(key: string): void;
  readonly size: number;
}

/** Makes a map of at most `capacity` entries. `mayDrop` may protect an entry from being forgotten. */
export function createLru<Value>(capacity: number, mayDrop: (value: Value) => boolean = () => true): Lru<Value> {
  const entries = new Map<string, Value>();
  return {
    get(key) {
      const value = entries.get(key);
      if (value === undefined) return undefined;
      entries.delete(key);
      entries.set(key, value);
      return value;
    },
    set(key, value) {
      entries.delete(key);
      entries.set(key, value);
      if (entries.size <= capacity) return;
      for (const [oldest, candidate] of entries) {
        if (oldest === key || !mayDrop(candidate)) continue;
        entries.delete(oldest);
        return;
      }
    },
    delete(key) {
      entries.delete(key);
    },
    get size() {
      return entries.size;
    },
  };
}
