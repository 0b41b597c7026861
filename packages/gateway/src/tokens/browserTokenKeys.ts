/** A key that browser tokens are signed or checked with, under a name of its own so that keys can be rotated. */
export interface BrowserTokenKey {
  /** Name of the key, written into each token. Never use one name for two keys. */
  kid: string;
  /** `EdDSA` (Ed25519) or `HS256`. A token that claims another one for this `kid` is refused. */
  alg: "EdDSA" | "HS256";
  /** An Ed25519 `CryptoKey`, private to mint and public to check; or, for HS256, a secret of at least 32 random bytes. */
  key: CryptoKey | Uint8Array;
}

/** The token's type, so that no other JWT of the platform passes for a browser token. */
export const browserTokenType = "miosa-browser+jwt";

/** Throws a `TypeError` for a key that cannot protect anything. */
export function checkTokenKey({ kid, alg, key }: BrowserTokenKey): void {
  if (kid === "") throw new TypeError("A browser token key needs a kid.");
  if (alg === "HS256") {
    if (!(key instanceof Uint8Array) || key.byteLength < 32) throw new TypeError("An HS256 key is a secret of at least 32 bytes.");
  } else if (key instanceof Uint8Array || key.algorithm.name !== "Ed25519") {
    throw new TypeError("An EdDSA key is an Ed25519 CryptoKey.");
  }
}
