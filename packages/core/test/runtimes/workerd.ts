import type { World } from "../behaviour.js";
import { runBehaviours } from "../runBehaviours.js";

/** Filled in when this is bundled. */
declare const WORLD: World;

// oxlint-disable-next-line import/no-default-export -- workerd wants it so
export default {
  fetch: async (): Promise<Response> => Response.json(await runBehaviours(WORLD)),
};
