/** A client for the same kind of call, ready to be called. */
export interface OpenPeer {
  /** Gets the one sandbox, and resolves to its id as the client returned it. */
  get(): Promise<string>;
  close(): Promise<void>;
}

/** A peer, and the cheapest of its calls that gets one sandbox. */
export interface PeerClient {
  name: string;
  version: string;
  /** The call, as a user writes it. */
  call: string;
  /** The option by which the client is led to the loopback server. */
  pointedBy: string;
  /** Whether it speaks HTTP/2, without TLS, from the first byte on. */
  http2: boolean;
  /** What its API answers to the call. */
  body: unknown;
  /** Id that the call is to resolve to. */
  id: string;
  /** Makes the client for the server at `url`. Throws when the package's own constructor does. */
  open(url: string): OpenPeer;
}

/** Installs the peers that are not there yet, in their exact versions and outside of the lock file, and imports them. */
export function loadPeers(): Promise<readonly PeerClient[]>;
