import { describe, expect, test as base } from "vitest";
import { call, createReady } from "../test/callServer.js";
import type { LocalServer } from "./index.js";
import { localServer } from "./vitest.js";

const test = base.extend<{ server: LocalServer }>({ server: localServer() });
const testWithOwn = base.extend<{ server: LocalServer }>({ server: localServer({ scope: "test", autoStart: false }) });
const seen = new Set<string>();
const made: string[] = [];

describe("the fixture", () => {
  test("gives a server that runs sandboxes", async ({ server }) => {
    seen.add(server.url);
    made.push(await createReady(server));
    expect(server.isolation).toBe("none");
  });

  test("gives the same one to each test of a file", ({ server }) => {
    expect([...seen]).toEqual([server.url]);
    expect(server.sandboxes.list().map(({ id }) => id)).toEqual(expect.arrayContaining(made));
    expect(made).not.toEqual([]);
  });

  testWithOwn("gives one of its own to each test when asked to", async ({ server }) => {
    expect(seen.has(server.url)).toBe(false);
    expect((await call(server, "GET", "/computers")).status).toBe(200);
  });
});

base("the fixture fails when a fault was left behind, and closes the server all the same", async () => {
  const [make] = localServer();
  let url = "";
  const leave = make({}, async (server) => {
    ({ url } = server);
    server.faults.set("noStream", { times: 1 });
  });
  await expect(leave).rejects.toThrow("still waiting to strike: noStream");
  await expect(fetch(url)).rejects.toThrow();
});
