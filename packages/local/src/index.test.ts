import { expect, test } from "vitest";
import * as local from "./index.js";
import * as testing from "./testing.js";

test("the package exports exactly these values", () => {
  expect(Object.keys(local).toSorted()).toEqual(["BoxEndedError", "BoxFileError", "BoxRequestError", "LocalStateError", "createApiKey", "createBwrapDriver", "createLocalServer", "createProcessDriver", "createUnshareDriver", "timedOutExitCode"]);
  expect(Object.keys(testing).toSorted()).toEqual(["createFaultProxy", "createSeededRandom", "expectNoConnections", "startRawServer"]);
});
