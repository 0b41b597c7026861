import type { World } from "../behaviour.js";
import { runBehaviours } from "../runBehaviours.js";

/** Filled in when this is bundled. */
declare const WORLD: World;

// Runs in a page and in a web worker alike: both have postMessage, and the page listens to itself.
const outcomes = await runBehaviours(WORLD);
if ("window" in globalThis) Object.assign(globalThis, { outcomes });
else globalThis.postMessage(outcomes);
