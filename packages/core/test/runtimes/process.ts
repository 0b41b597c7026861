import type { World } from "../behaviour.js";
import { runBehaviours } from "../runBehaviours.js";

/** Filled in when this is bundled. */
declare const WORLD: World;

/** Node 20 has no WebSocket of its own. */
async function findWebSocket(): Promise<typeof WebSocket | undefined> {
  if ("WebSocket" in globalThis) return undefined;
  const module: { WebSocket: unknown } = await import("ws");
  return isConstructor(module.WebSocket) ? module.WebSocket : undefined;
}

function isConstructor(value: unknown): value is typeof WebSocket {
  return typeof value === "function";
}

// oxlint-disable-next-line no-console -- the script that starts this reads it
console.log(`OUTCOMES ${JSON.stringify(await runBehaviours({ ...WORLD, webSocket: await findWebSocket() }))}`);
