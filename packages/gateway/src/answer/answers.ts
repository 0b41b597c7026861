import { answerCreate } from "./answerCreate.js";
import { answerFeed } from "./answerFeed.js";
import { answerFind } from "./answerFind.js";
import { answerList } from "./answerList.js";
import { answerResource } from "./answerResource.js";
import { answerUsage } from "./answerUsage.js";
import type { ScopeName } from "../matchRoute.js";
import type { Answer } from "./call.js";

/** How each kind of route is kept inside one tenant. A scope without an answer does not compile. */
export const answers: Readonly<Record<ScopeName, Answer>> = {
  resource: answerResource,
  create: answerCreate,
  list: answerList,
  find: answerFind,
  usage: answerUsage,
  feed: answerFeed,
};
