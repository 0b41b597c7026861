/** What of an answer is needed to cut it. */
interface CuttableResponse {
  readonly headersSent: boolean;
  readonly destroyed: boolean;
  readonly socket: { destroySoon?: () => void; destroy(): void } | null;
}

/** Cuts an answer's connection once its headers and what was written so far are on their way, so that nobody takes it for the whole. */
export function cutAfterHeaders(outgoing: CuttableResponse): void {
  if (outgoing.destroyed) return;
  if (!outgoing.headersSent) return void setImmediate(() => cutAfterHeaders(outgoing));
  if (outgoing.socket?.destroySoon) outgoing.socket.destroySoon();
  else outgoing.socket?.destroy();
}
