import { expect, onTestFinished, test } from "vitest";
import { startAttackedGateway } from "../../test/attackedGateway.js";
import { answering } from "../../test/attacks/attack.js";
import { send, type SeenRequest } from "../../test/leakyUpstream.js";

const all = Array.from({ length: 250 }, (_, index) => ({ id: `s-${index}`, external_workspace_id: index % 2 === 0 ? "acme" : "globex" }));

async function readList(page: (request: SeenRequest) => unknown, query = "") {
  const attacked = await startAttackedGateway();
  onTestFinished(() => attacked.close());
  answering(/^\/computers$/, (outgoing, request) => send(outgoing, 200, page(request)))(attacked.upstream);
  const response = await fetch(`${attacked.baseUrl}/api/miosa/computers${query}`, { headers: { cookie: "session=ann" } });
  const body: unknown = await response.json();
  return { body, requests: attacked.upstream.seen.length };
}

/** A page as servers send them that number pages: 20 rows unless asked otherwise, 50 at most. */
function numbered({ query }: SeenRequest) {
  const size = Math.min(Number(query.get("page_size") ?? 20), 50);
  const number = Number(query.get("page") ?? 1);
  return { data: all.slice((number - 1) * size, number * size), meta: { total: all.length, page: number, per_page: size } };
}

test("a list is complete over all of the API's pages, its total the tenant's own", async () => {
  const { body, requests } = await readList(numbered);
  expect(body).toMatchObject({ meta: { total: 125 } });
  expect(JSON.stringify(body)).not.toContain("globex");
  expect(requests).toBe(6);
});

test("pages of a list are pages of the tenant's own rows", async () => {
  const { body } = await readList(numbered, "?page=3&per_page=50");
  expect(body).toMatchObject({ data: { length: 25 }, meta: { total: 125, page: 3, per_page: 50 }, page: { page_size: 50 } });
});

test("a server that sends everything whatever page is asked for is read once", async () => {
  const { body, requests } = await readList(() => all);
  expect(body).toMatchObject({ meta: { total: 125 } });
  expect(requests).toBe(1);
});

test("a server that claims more rows than it ever sends does not keep the browser waiting", async () => {
  const { body, requests } = await readList(() => ({ computers: all.slice(0, 3), meta: { total: 1_000_000 } }));
  expect(body).toMatchObject({ data: { length: 2 } });
  expect(requests).toBe(3);
});
