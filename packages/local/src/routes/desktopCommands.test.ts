import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call, createReady, exec } from "../../test/callServer.js";
import { createLocalServer, type LocalServer } from "../index.js";

describe.each(["bwrap", "process"] as const)("with the driver %s", (driver) => {
  let server: LocalServer;
  let id: string;
  beforeAll(async () => {
    server = await createLocalServer({ driver });
    id = await createReady(server);
  });
  afterAll(() => server.close());

  test("a command finds the screen while there is one, and its window is on the next screenshot", async () => {
    const id = await createReady(server); // nobody has looked at its screen yet
    expect((await exec(server, id, "echo ${DISPLAY-none}")).body["output"]).toBe("none\n");
    const empty = await picture(server, id);
    expect((await exec(server, id, "xdotool getdisplaygeometry")).body["output"]).toBe("1280 800\n");
    await exec(server, id, "setsid xterm -title shown -e sleep 60 >/dev/null 2>&1 &");
    await expect.poll(async () => (await call(server, "GET", `/computers/${id}/desktop/windows`)).text).toContain("shown");
    expect((await picture(server, id)).equals(empty)).toBe(false);
  });

  test("a command finds no screen of before a restart", async () => {
    await picture(server, id);
    await call(server, "POST", `/computers/${id}/restart`);
    await call(server, "GET", `/sandboxes/${id}/readiness/stream`);
    await expect.poll(async () => (await exec(server, id, "echo ${DISPLAY-none}")).body["output"]).toBe("none\n");
  });

  test("a part of the screen is shown by every route that clients know, in pixels or in thousandths", async () => {
    const body = { x: 10, y: 20, width: 100, height: 50 };
    const query = new URLSearchParams(Object.entries(body).map(([name, value]): [string, string] => [name, String(value)])).toString();
    const sizes = [
      await picture(server, id, "POST", "/desktop/screenshot/region", body),
      await picture(server, id, "POST", "/screenshot-region", body),
      await picture(server, id, "GET", `/desktop/screenshot/region?${query}`),
      await picture(server, id, "GET", "/screenshot?x=0&y=500&width=500&height=250"),
      await picture(server, id, "GET", "/screenshot"),
    ].map((png) => [png.readUInt32BE(16), png.readUInt32BE(20)]);
    expect(sizes).toEqual([[100, 50], [100, 50], [100, 50], [640, 200], [1_280, 800]]);
    for (const wrong of ["x=0&y=0&width=1001&height=10", "x=1000&y=0&width=1&height=1", "x=0&y=0&width=ten&height=10", "x=600&y=0&width=500&height=10"]) {
      expect([wrong, (await call(server, "GET", `/computers/${id}/screenshot?${wrong}`)).status]).toEqual([wrong, 422]);
    }
  });
});

async function picture(server: LocalServer, id: string, method = "GET", path = "/desktop/screenshot", body?: object): Promise<Buffer> {
  const response = await fetch(`${server.baseUrl}/computers/${id}${path}`, {
    method,
    headers: { authorization: `Bearer ${server.apiKey}`, ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  expect([path, response.status, response.headers.get("content-type")]).toEqual([path, 200, "image/png"]);
  return Buffer.from(await response.arrayBuffer());
}
