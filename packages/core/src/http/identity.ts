/**
 * A name for "the same server with the same credential", or with the same `key` where the page names its user. It is a
 * digest, so that no credential can be read from it. Undefined when there is nothing to go by, or no way to digest it.
 */
export async function identityOf(baseUrl: string, credential: string | undefined, key: string | undefined): Promise<string | undefined> {
  const who = key === undefined ? credential && `credential ${credential}` : `key ${key}`;
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  if (!who || !subtle) return undefined; // crypto.subtle exists in secure contexts only
  const digest = await subtle.digest("SHA-256", new TextEncoder().encode(`${baseUrl}\n${who}`));
  return Array.from(new Uint8Array(digest).subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
