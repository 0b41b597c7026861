import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call, createReady, createSandbox, exec } from "../../test/callServer.js";
import { isRunning, untilEnded } from "../../test/isRunning.js";
import { createLocalServer, type LocalServer, timedOutExitCode } from "../index.js";

let server: LocalServer;
let id: string;
beforeAll(async () => {
  server = await createLocalServer({ outputLimitBytes: 1_000 });
  id = await createReady(server);
});
afterAll(() => server.close());

const output = async (command: string, more: object = {}): Promise<string> => String((await exec(server, id, command, more)).body["output"]);

describe("a command", () => {
  test("answers 200 with output, both streams and the exit code", async () => {
    const { status, body } = await exec(server, id, "echo hi; echo no >&2");
    expect(status).toBe(200);
    expect(body).toMatchObject({ stdout: "hi\n", stderr: "no\n", exit_code: 0, success: true });
    expect(String(body["output"]).split("\n").toSorted()).toEqual(["", "hi", "no"]);
    expect(body).not.toHaveProperty("truncated");
  });

  test("that fails is a result, not an error", async () => {
    expect((await exec(server, id, "exit 3")).body).toMatchObject({ output: "", exit_code: 3, success: false });
    const missing = await exec(server, id, "no-such-command");
    expect([missing.status, missing.body["exit_code"]]).toEqual([200, 127]);
    expect(missing.body["stderr"]).toContain("not found");
  });

  test("that ends itself by a signal has the shell's exit code for it", async () => {
    expect((await exec(server, id, "kill -TERM $$")).body).toMatchObject({ exit_code: 143, signal: "SIGTERM" });
  });

  test("shares files with the commands before it, in a workspace of the sandbox's own", async () => {
    await output("echo kept > file");
    expect(await output("cat file")).toBe("kept\n");
    const other = await createReady(server);
    expect((await exec(server, other, "ls")).body["output"]).toBe("");
  });

  test("finds nothing of the server's own environment", async () => {
    const names = (await output("env")).split("\n").map((line) => line.replace(/=.*/s, ""));
    expect(names.toSorted()).toEqual(["", "HOME", "LANG", "MIOSA_SANDBOX_ID", "PATH", "PWD", "SHLVL", "TERM", "TMPDIR", "USER", "_"]);
  });

  test("gets the env that is asked for, but cannot lose the sandbox's mark", async () => {
    expect(await output("echo $A $MIOSA_SANDBOX_ID", { env: { A: "b c", MIOSA_SANDBOX_ID: "x" } })).toBe(`b c ${id}\n`);
  });

  test("runs in the working directory that is asked for, by either name", async () => {
    await output("mkdir -p sub");
    expect(await output("basename $PWD", { working_dir: "sub" })).toBe("sub\n");
    expect(await output("basename $PWD", { cwd: "/workspace/sub" })).toBe("sub\n");
    expect(await output("[ $PWD = $HOME ] && echo home", { working_dir: "/home/user" })).toBe("home\n");
  });

  test("finds its workspace again after a command removed it", async () => {
    await output("rm -rf $PWD");
    expect(await output("echo still here")).toBe("still here\n");
  });

  test("keeps characters whole that arrive in two pieces", async () => {
    expect(await output("printf '\\xe2\\x82'; sleep 0.05; printf '\\xac'")).toBe("€");
  });

  test("has no input to wait for", async () => {
    expect(await output("cat; echo done")).toBe("done\n");
  });

  test("past the output limit is cut, marked and still runs to its end", async () => {
    const { body } = await exec(server, id, "head -c 100000 /dev/zero | tr '\\0' x; exit 5");
    expect(body).toMatchObject({ truncated: true, dropped_bytes: 99_000, exit_code: 5 });
    expect(String(body["output"])).toBe("x".repeat(1_000));
  });

  test("that leaves a background child is answered when it ends itself, and the child lives on", async () => {
    const { body } = await exec(server, id, "sleep 300 & echo $!");
    const pid = Number(body["output"]);
    expect(await isRunning(pid)).toBe(true);
    await output(`kill ${pid}`);
    await untilEnded(pid);
  });

  test("has all its last output, whatever is still held open", async () => {
    const { body } = await exec(server, id, "sleep 300 & head -c 900 /dev/zero | tr '\\0' y; kill -9 $! 2>/dev/null; exit 0");
    expect(body["stdout"]).toBe("y".repeat(900));
  });
});

describe("a command's end", () => {
  test("at its timeout takes its whole process group, with exit code 124", async () => {
    const { body } = await exec(server, id, "echo $$; sleep 300 & echo $!; wait", { timeout: 1 });
    expect(body).toMatchObject({ exit_code: timedOutExitCode, success: false, timed_out: true, signal: "SIGKILL" });
    for (const pid of String(body["stdout"]).trim().split("\n").map(Number)) await untilEnded(pid);
  });

  test("comes when its client leaves", async () => {
    const abort = new AbortController();
    const waiting = exec(server, id, "echo $$ > pid; sleep 300", {}, { signal: abort.signal });
    const outcome = waiting.then(() => "answered", () => "gone");
    await expect.poll(() => output("cat pid 2>/dev/null")).toMatch(/\d/);
    const pid = Number(await output("cat pid; rm pid"));
    abort.abort();
    expect(await outcome).toBe("gone");
    await untilEnded(pid);
    await expect.poll(() => server.requests.some(({ status }) => status === 499)).toBe(true);
  });

  test("comes when its sandbox is destroyed, and so does that of its daemons", async () => {
    const doomed = await createReady(server);
    const { body } = await exec(server, doomed, "setsid sleep 300 & echo $!; (cd /; setsid sleep 300 & echo $!)");
    const pids = String(body["output"]).trim().split("\n").map(Number);
    expect(pids).toHaveLength(2);
    const waiting = exec(server, doomed, "sleep 300");
    await expect.poll(() => server.requests.filter(({ path }) => path.includes(doomed) && path.endsWith("exec")).length).toBe(2);
    await call(server, "DELETE", `/computers/${doomed}`);
    const { status, body: problem } = await waiting;
    expect([status, problem["code"]]).toEqual([409, "NOT_RUNNING"]);
    for (const pid of pids) await untilEnded(pid);
  });
});

describe("a command is refused", () => {
  test("with 409 while the sandbox does not run", async () => {
    await using own = await createLocalServer({ faults: { neverReady: true } });
    const booting = await createSandbox(own);
    const { status, body } = await exec(own, booting, "true");
    expect([status, body["code"]]).toEqual([409, "NOT_RUNNING"]);
  });

  test("with 400 when there is none", async () => {
    const { status, body } = await call(server, "POST", `/computers/${id}/exec`, { body: {} });
    expect([status, body["code"]]).toEqual([400, "MISSING_PARAM"]);
  });

  test.each([
    ["command", { command: 5 }],
    ["command", { command: " " }],
    ["command", { command: "echo \0" }],
    ["command", { command: "x".repeat(200_000) }],
    ["timeout", { timeout: 0 }],
    ["timeout", { timeout: 301 }],
    ["timeout", { timeout: "5" }],
    ["timeout", { timeout: null }],
    ["working_dir", { working_dir: 1 }],
    ["working_dir", { working_dir: "/etc" }],
    ["working_dir", { working_dir: "../../.." }],
    ["working_dir", { working_dir: "/workspace/not-there" }],
    ["env", { env: ["A=b"] }],
    ["env", { env: { "A B": "c" } }],
    ["env", { env: { A: 1 } }],
    ["env", { env: { A: "\0" } }],
  ])("with 422 for a wrong %s: case %#", async (field, fields) => {
    const { status, body } = await exec(server, id, "true", fields);
    expect(status).toBe(422);
    expect(body["details"]).toHaveProperty(field);
  });
});
