import { expect, test } from "vitest";
import { createOwnership, type Collection, type OwnershipOptions } from "./ownership.js";
import type { GatewaySession } from "./session.js";
import type { Resource } from "./wire.js";

const ann: GatewaySession = { externalWorkspaceId: "acme", can: ["read"] };
const gil: GatewaySession = { externalWorkspaceId: "globex", can: ["read"] };

function resource(id: string, workspace: string): Resource {
  return { id, owner: { externalWorkspaceId: workspace }, body: {} };
}

function setup(options: Partial<OwnershipOptions> = {}) {
  const asked: string[] = [];
  const clock = { now: 0 };
  const known = new Map([["a", resource("a", "acme")], ["g", resource("g", "globex")]]);
  const ownership = createOwnership({
    lookup: async (_: Collection, id) => {
      asked.push(id);
      return known.get(id);
    },
    feedCollection: "computers",
    ownershipTtlMs: 100,
    unknownTtlMs: 10,
    ownershipEntries: 3,
    now: () => clock.now,
    ...options,
  });
  return { asked, clock, known, ownership };
}

test("questions that arrive together share one lookup", async () => {
  const { asked, ownership } = setup();
  const answers = await Promise.all([1, 2, 3].map(() => ownership.isOwned(ann, "computers", "a")));
  expect(answers).toEqual([true, true, true]);
  expect(asked).toEqual(["a"]);
});

test("a claim is believed for its time, and then checked again", async () => {
  const { asked, clock, known, ownership } = setup();
  await ownership.isOwned(ann, "computers", "a");
  clock.now = 99;
  expect(await ownership.isOwned(ann, "computers", "a")).toBe(true);
  expect(asked).toHaveLength(1);
  known.set("a", resource("a", "globex"));
  clock.now = 101;
  expect(await ownership.isOwned(ann, "computers", "a")).toBe(false);
});

test("a refusal is remembered more briefly", async () => {
  const { asked, clock, known, ownership } = setup();
  expect(await ownership.isOwned(ann, "computers", "new")).toBe(false);
  known.set("new", resource("new", "acme"));
  clock.now = 9;
  expect(await ownership.isOwned(ann, "computers", "new")).toBe(false);
  expect(asked).toHaveLength(1);
  clock.now = 11;
  expect(await ownership.isOwned(ann, "computers", "new")).toBe(true);
});

test("one tenant's claim answers no other tenant, and each pays for its own lookup", async () => {
  const { asked, ownership } = setup();
  expect(await ownership.isOwned(gil, "computers", "g")).toBe(true);
  expect(await ownership.isOwned(ann, "computers", "g")).toBe(false);
  expect(asked).toEqual(["g", "g"]);
});

test("where users are apart, one user's claim answers no colleague", async () => {
  const { asked, known, ownership } = setup();
  known.set("a", { id: "a", owner: { externalWorkspaceId: "acme", externalUserId: "ann" }, body: {} });
  const user = (name: string): GatewaySession => ({ externalWorkspaceId: "acme", externalUserId: name, isolation: "user", can: ["read"] });
  expect(await ownership.isOwned(user("ann"), "computers", "a")).toBe(true);
  expect(await ownership.isOwned(user("bob"), "computers", "a")).toBe(false);
  expect(asked).toEqual(["a", "a"]);
});

test("one collection's claim answers no other collection", async () => {
  const { asked, ownership } = setup();
  await ownership.isOwned(ann, "computers", "a");
  await ownership.isOwned(ann, "sandboxes", "a");
  expect(asked).toHaveLength(2);
});

test("a deleted sandbox is forgotten at once, also by a lookup under way", async () => {
  const { asked, known, ownership } = setup();
  await ownership.isOwned(ann, "computers", "a");
  known.delete("a");
  ownership.forget("a");
  expect(await ownership.isOwned(ann, "computers", "a")).toBe(false);

  known.set("g", resource("g", "acme"));
  const underWay = ownership.isOwned(ann, "computers", "g");
  ownership.forget("g");
  await underWay;
  known.delete("g");
  expect(await ownership.isOwned(ann, "computers", "g")).toBe(false);
  expect(asked).toEqual(["a", "a", "g", "g"]);
});

test("guessing ids pushes nobody's sandboxes out", async () => {
  const { asked, ownership } = setup();
  await ownership.isOwned(ann, "computers", "a");
  for (let guess = 0; guess < 10; guess++) await ownership.isOwned(gil, "computers", `guess-${guess}`);
  asked.length = 0;
  expect(await ownership.isOwned(ann, "computers", "a")).toBe(true);
  expect(asked).toEqual([]);
});

test("what is remembered is bounded", async () => {
  const { asked, known, ownership } = setup();
  for (const id of ["1", "2", "3", "4"]) {
    known.set(id, resource(id, "acme"));
    await ownership.isOwned(ann, "computers", id);
  }
  asked.length = 0;
  await ownership.isOwned(ann, "computers", "4");
  await ownership.isOwned(ann, "computers", "1");
  expect(asked).toEqual(["1"]);
});

test("a lookup that fails is not taken for an answer", async () => {
  let isDown = true;
  const { ownership } = setup({ lookup: (_, id) => (isDown ? Promise.reject(new Error("down")) : Promise.resolve(resource(id, "acme"))) });
  await expect(ownership.isOwned(ann, "computers", "a")).rejects.toThrow("down");
  isDown = false;
  expect(await ownership.isOwned(ann, "computers", "a")).toBe(true);
});

test("what a list or a create has shown needs no lookup", async () => {
  const { asked, ownership } = setup();
  ownership.learn(ann, "computers", resource("made", "acme"));
  expect(await ownership.isOwned(ann, "computers", "made")).toBe(true);
  ownership.learn(ann, "computers", resource("g", "globex"));
  expect(await ownership.isOwned(ann, "computers", "g")).toBe(false);
  expect(asked).toEqual(["g"]);
});

test("the last owner of a destroyed sandbox is known for the event that says so", async () => {
  const { clock, known, ownership } = setup();
  expect(await ownership.ownerOf("a")).toEqual({ externalWorkspaceId: "acme" });
  known.delete("a");
  ownership.forget("a");
  clock.now = 1_000;
  expect(await ownership.ownerOf("a")).toEqual({ externalWorkspaceId: "acme" });
  expect(await ownership.ownerOf("never")).toBeUndefined();
});

test("an event's sandbox has no owner when the API answers with another", async () => {
  const { ownership } = setup({ lookup: () => Promise.resolve(resource("a", "acme")) });
  expect(await ownership.ownerOf("alias")).toBeUndefined();
});

test("events that arrive together about one sandbox share one lookup", async () => {
  const { asked, ownership } = setup();
  await Promise.all([1, 2, 3].map(() => ownership.ownerOf("a")));
  await ownership.ownerOf("a");
  expect(asked).toEqual(["a"]);
});
