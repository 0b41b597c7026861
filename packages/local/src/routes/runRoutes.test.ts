import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call, exec } from "../../test/callServer.js";
import { createLocalServer, type LocalServer } from "../index.js";
import { isObject } from "../isObject.js";

let server: LocalServer;
beforeAll(async () => {
  server = await createLocalServer();
});
afterAll(() => server.close());

const run = (body: object, options: object = {}) => call(server, "POST", "/sandboxes/run", { body, ...options });

describe("a sandbox that is made with its first command", () => {
  test("answers with what the command said and with the sandbox, which goes on", async () => {
    const { status, body } = await run({ name: "once", command: "echo $GREETING > file; cat file; pwd >&2; exit 3", cwd: "/tmp", env: { GREETING: "hello" }, timeout_sec: 777, tags: ["t"] });
    expect([status, body]).toMatchObject([201, { stdout: "hello\n", exit_code: 3, success: false, sandbox: { name: "once", state: "running", ready: true, timeout_sec: 777, tags: ["t"] } }]);
    expect(String(body["stderr"])).toContain("/tmp");
    const { data } = body;
    expect(isObject(data) && [data["exit_code"], data["sandbox_id"]]).toEqual([3, body["sandbox_id"]]);
    expect((await exec(server, String(body["sandbox_id"]), "cat /tmp/file; echo $GREETING")).body["output"]).toMatch(/hello\n$/);
  });

  test("takes a program with its arguments, and the command's own timeout", async () => {
    expect((await run({ cmd: "printf", args: ["%s", "a b"] })).body["stdout"]).toBe("a b");
    expect((await run({ command: "sleep 60", timeout: 1 })).body).toMatchObject({ exit_code: 124, timed_out: true });
  });

  test.each([
    [{}, 400],
    [{ command: "" }, 422],
    [{ command: "true", size: "huge" }, 422],
    [{ command: "true", timeout_sec: -1 }, 422],
    [{ command: "true", cwd: "/nowhere" }, 422],
  ])("is not left behind by %j", async (body, status) => {
    const before = server.sandboxes.count;
    expect((await run(body)).status).toBe(status);
    expect(server.sandboxes.count).toBe(before);
  });

  test("that fails to boot is told with its reason, and is destroyed", async () => {
    const before = server.sandboxes.count;
    server.faults.set("bootFails", { reason: "no luck", times: 1 });
    const { status, body } = await run({ command: "true" });
    expect([status, body]).toMatchObject([502, { code: "AGENT_UNAVAILABLE", message: expect.stringContaining("no luck"), details: { sandbox_id: expect.any(String) } }]);
    expect(server.sandboxes.count).toBe(before);
  });

  test("that is never ready is given up, and is destroyed", async () => {
    await using impatient = await createLocalServer({ readinessStreamTimeoutMs: 100, faults: { neverReady: true } });
    const { status, body } = await call(impatient, "POST", "/sandboxes/run", { body: { command: "true" } });
    expect([status, String(body["message"])]).toEqual([502, expect.stringContaining("not ready within 100 ms")]);
    expect(impatient.sandboxes.count).toBe(0);
  });

  test("whose client leaves is destroyed", async () => {
    const before = server.sandboxes.count;
    const abort = new AbortController();
    const running = run({ command: "sleep 60" }, { signal: abort.signal });
    await expect.poll(() => server.sandboxes.list().at(-1)?.status).toBe("running");
    abort.abort();
    await expect(running).rejects.toThrow();
    await expect.poll(() => server.sandboxes.count).toBe(before);
  });

  test("is counted by the quota of its user", async () => {
    await call(server, "PUT", "/quotas/external/none", { body: { max_sandboxes: 0 } });
    expect((await run({ command: "true", external_user_id: "none" })).body["code"]).toBe("QUOTA_EXCEEDED");
  });

  test("takes a token that may create and run, and no other", async () => {
    const withScopes = async (...scopes: string[]): Promise<number> => {
      const minted = await call(server, "POST", "/tokens/scoped", { body: { user_id: "u", workspace_id: "w", scopes } });
      return (await run({ command: "true" }, { key: String(minted.body["token"]) })).status;
    };
    expect([await withScopes("sandboxes:create"), await withScopes("sandboxes:exec"), await withScopes("sandboxes:create", "sandboxes:exec")]).toEqual([403, 403, 201]);
  });
});

test("a server that boots nothing by itself starts the sandbox for its first command", async () => {
  await using lazy = await createLocalServer({ autoStart: false });
  expect((await call(lazy, "POST", "/sandboxes/run", { body: { command: "echo up" } })).body["stdout"]).toBe("up\n");
});
