import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { apiKey, startAttackedGateway, type AttackedGateway } from "../test/attackedGateway.js";
import { lookup, type Attack } from "../test/attacks/attack.js";
import { bodyAttacks } from "../test/attacks/bodies.js";
import { feedAttacks, feedRefusals } from "../test/attacks/feed.js";
import { headerAttacks } from "../test/attacks/headers.js";
import { listingAttacks } from "../test/attacks/lists.js";
import { ownershipAttacks, permissionAttacks, sessionAttacks } from "../test/attacks/ownership.js";
import { pathAttacks } from "../test/attacks/paths.js";
import { socketAttacks } from "../test/attacks/sockets.js";
import { toAttack, tokenAttacks } from "../test/attacks/tokens.js";
import { upstreamText } from "../test/leakyUpstream.js";
import { sendRaw, type RawAnswer } from "../test/sendRaw.js";

let attacked: AttackedGateway;

beforeAll(async () => {
  attacked = await startAttackedGateway();
});
afterAll(() => attacked.close());
beforeEach(() => attacked.upstream.reset());

/** What no answer may contain, whatever was asked. */
function expectNoLeak({ text, head }: RawAnswer): void {
  expect(text).not.toContain(apiKey);
  expect(text).not.toContain(upstreamText);
  expect(text).not.toContain("SECRET-globex");
  expect(text).not.toContain("SECRET-orphan");
  expect(text).not.toContain("db.internal");
  expect(head).not.toMatch(/^(set-cookie|server|x-internal-host|location):/m);
}

/** Makes the attempt and returns the status of the answer. */
async function attempt(attack: Attack): Promise<number> {
  // Each row meets a gateway that has not seen its ids yet.
  const fresh = await startAttackedGateway();
  onTestFinished(() => fresh.close());
  attack.upstream?.(fresh.upstream);
  const cookie = attack.as === null ? [] : [["cookie", `session=${attack.as ?? "ann"}`] as const];
  const answer = await sendRaw(fresh.baseUrl, { ...attack, headers: [...cookie, ...(attack.headers ?? [])] }, attack.until);
  const { seen } = fresh.upstream;
  const asked = seen.map(({ method, path }) => `${method} ${path}`);
  expect({ status: answer.status, asked: asked.toSorted() }).toEqual({ status: attack.status, asked: [...(attack.reaches ?? [])].toSorted() });
  expect(answer.body).toContain(attack.code ? `"code":"${attack.code}"` : "");
  expectNoLeak(answer);
  for (const { headers } of seen) {
    expect(headers.authorization).toBe(`Bearer ${apiKey}`);
    expect(headers.cookie).toBeUndefined();
  }
  attack.check?.(answer, seen);
  return answer.status;
}

describe("somebody", () => {
  const groups = { pathAttacks, ownershipAttacks, permissionAttacks, sessionAttacks, bodyAttacks, listingAttacks, headerAttacks, socketAttacks };
  for (const [group, attacks] of Object.entries(groups)) {
    test.each(attacks.map((attack) => [attack.name, attack] as const))(`${group}: %s`, async (_, attack) => expect(await attempt(attack)).toBe(attack.status));
  }
  test.each(tokenAttacks.map((attack) => [attack.name, attack] as const))("tokenAttacks: %s", async (_, attack) => expect(await attempt(await toAttack(attack))).toBe(attack.status));
});

describe("a browser on the event feed", () => {
  test.each(feedAttacks.map((attack) => [attack.name, attack] as const))("%s", async (_, { as, query = "", events, sees }) => {
    const fresh = await startAttackedGateway();
    onTestFinished(() => fresh.close());
    const workspace = { ann: "acme", gil: "globex", newcomer: "initech", private: "acme", limited: "acme" }[as];
    let isSent = false;
    const answer = await sendRaw(fresh.baseUrl, { path: `/api/miosa/events/stream${query}`, headers: [["cookie", `session=${as}`]] }, (text) => {
      if (!isSent && text.includes(": connected")) {
        isSent = true;
        for (const [index, data] of events.entries()) fresh.upstream.emit(`id: evt_${index}\nevent: x\ndata: ${JSON.stringify(data)}\n\n`);
        // The last event is one that everybody of the tenant sees, limited or not: what came before it has been decided on.
        const last = { type: query.includes("computer") ? "computer.last" : "sandbox.last", id: as === "limited" ? "acme-1" : "last", external_workspace_id: workspace, external_user_id: "ann" };
        fresh.upstream.emit(`id: evt_last\ndata: ${JSON.stringify(last)}\n\n`);
      }
      return text.includes("evt_last");
    });
    const arrived = [...answer.body.matchAll(/data: (.*)/g)].map(([, data]) => data ?? "").filter((data) => !data.includes(".last"));
    expect(arrived.map((data) => /"id":"([^"]*)"/.exec(data)?.[1])).toEqual(sees);
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
    expectNoLeak(answer);
  });

  test.each(feedRefusals)("filters by %s", async (_, query) => {
    const answer = await sendRaw(attacked.baseUrl, { path: `/api/miosa/events/stream${query}`, headers: [["cookie", "session=ann"]] });
    expect(answer.status).toBe(400);
    expect(attacked.upstream.seen).toEqual([]);
  });
});

test("a foreign id and an unknown id are answered alike, at the cost of one lookup each, however often another tenant uses the foreign one", async () => {
  const fresh = await startAttackedGateway();
  onTestFinished(() => fresh.close());
  const as = (who: string) => ({ headers: [["cookie", `session=${who}`] as const] });
  await sendRaw(fresh.baseUrl, { path: "/api/miosa/computers/globex-2", ...as("gil") });
  fresh.upstream.seen.length = 0;
  const foreign = await sendRaw(fresh.baseUrl, { path: "/api/miosa/computers/globex-2", ...as("ann") });
  const unknown = await sendRaw(fresh.baseUrl, { path: "/api/miosa/computers/ghost-9", ...as("ann") });
  expect(fresh.upstream.seen.map(({ path }) => path)).toEqual(["/computers/globex-2", "/computers/ghost-9"]);
  await sendRaw(fresh.baseUrl, { path: "/api/miosa/computers/globex-2", ...as("ann") });
  await sendRaw(fresh.baseUrl, { path: "/api/miosa/computers/ghost-9", ...as("ann") });
  expect(fresh.upstream.seen).toHaveLength(2);

  const anonymous = ({ text }: RawAnswer): string => text.replace(/req_[\w-]+/g, "req").replace(/date: .*/i, "").replaceAll("globex-2", "ID").replaceAll("ghost-9", "ID");
  expect(anonymous(foreign)).toBe(anonymous(unknown));
});

test("the attack suite has at least 150 rows", () => {
  const rows = [pathAttacks, ownershipAttacks, permissionAttacks, sessionAttacks, bodyAttacks, listingAttacks, headerAttacks, socketAttacks, tokenAttacks, feedAttacks, feedRefusals];
  expect(rows.flat().length).toBeGreaterThanOrEqual(150);
  expect(lookup("x")).toBe("GET /computers/x");
});
