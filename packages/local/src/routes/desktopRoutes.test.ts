import { existsSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { createMiosaClient, type MiosaClient } from "@miosa/core";
import { expect, onTestFinished, test } from "vitest";
import { call, createReady, createSandbox, exec } from "../../test/callServer.js";
import { mkdtempDisposable } from "../../test/temporaryDirectory.js";
import { createLocalServer, type LocalServer, type LocalServerOptions } from "../index.js";

const drivers = ["bwrap", "unshare", "process"] as const;

async function serve(options: LocalServerOptions = {}): Promise<LocalServer> {
  const server = await createLocalServer({ driver: "bwrap", ...options });
  onTestFinished(() => server.close());
  return server;
}

interface Desk extends MiosaClient {
  readonly server: LocalServer;
  readonly id: string;
}

/** A running computer and a client over a real socket. */
async function openDesk(options: LocalServerOptions = {}): Promise<Desk> {
  const server = await serve(options);
  const id = await createReady(server);
  return { ...createMiosaClient({ baseUrl: server.baseUrl, apiKey: server.apiKey }), server, id };
}

/** Starts an app and waits until its window is there. */
async function launch({ desktop, id }: Desk, app: string): Promise<void> {
  const before = (await desktop.windows(id)).length;
  await desktop.launch(id, app);
  await expect.poll(async () => (await desktop.windows(id)).length).toBe(before + 1);
}

/** Starts a terminal whose shell writes the lines that it is given to a file, and waits until the shell runs. */
async function launchReader(desk: Desk, name: string, geometry: string): Promise<void> {
  await desk.files.write(desk.id, `/workspace/${name}.sh`, `: > ${name}.txt\nwhile read -r line; do printf '%s\\n' "$line" >> ${name}.txt; done\n`);
  await launch(desk, `xterm -u8 -title ${name} -geometry ${geometry} -e bash ${name}.sh`);
  await expect.poll(() => desk.files.list(desk.id, "/workspace").then((entries) => entries.map((entry) => entry.name))).toContain(`${name}.txt`);
}

function pollFile({ files, id }: Desk, name: string): ReturnType<typeof expect.poll> {
  return expect.poll(() => files.readText(id, `/workspace/${name}`));
}

function pngSize(bytes: Uint8Array): { width: number; height: number } {
  const view = Buffer.from(bytes);
  expect(view.subarray(0, 8)).toEqual(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
  return { width: view.readUInt32BE(16), height: view.readUInt32BE(20) };
}

test.each(drivers)("%s: text that is typed reaches an app as it is", async (driver) => {
  const desk = await openDesk({ driver });
  await launchReader(desk, "typed", "80x24+0+0");
  await desk.desktop.click(desk.id, { x: 200, y: 100 });
  const text = "--file /etc/passwd $(id) `id`; 'a' \"b\" \\n hällo %s & | > < ! # ~";
  await desk.desktop.type(desk.id, `${text}\n`);
  await pollFile(desk, "typed.txt").toBe(`${text}\n`);
});

test.each(drivers)("%s: a screenshot is a PNG of the screen, or of a part of it, and shows an app", async (driver) => {
  const desk = await openDesk({ driver });
  const { desktop, id } = desk;
  const empty = await desktop.screenshot(id);
  expect(pngSize(empty)).toEqual({ width: 1_280, height: 800 });
  expect(pngSize(await desktop.screenshot(id, { region: { x: 1_180, y: 790, width: 100, height: 10 } }))).toEqual({ width: 100, height: 10 });
  await launch(desk, "xterm");
  await expect.poll(async () => Buffer.from(empty).equals(await desktop.screenshot(id))).toBe(false);
});

test("the pointer is where it was moved to", async () => {
  const { desktop, id } = await openDesk();
  await desktop.move(id, { x: 1_279, y: 0 });
  expect(await desktop.cursor(id)).toEqual({ x: 1_279, y: 0 });
  await desktop.move(id, { x: 12.7, y: 799 });
  expect(await desktop.cursor(id)).toEqual({ x: 12, y: 799 });
});

test("windows tells an app's title, place and size", async () => {
  const desk = await openDesk();
  expect(await desk.desktop.windows(desk.id)).toEqual([]);
  await launch(desk, "xterm -title Notes -geometry 40x10+100+50");
  const [window, ...others] = await desk.desktop.windows(desk.id);
  expect(others).toEqual([]);
  expect(window).toMatchObject({ id: expect.stringMatching(/^\d+$/), title: "Notes", x: 100, y: 50 });
  expect(window?.width).toBeGreaterThan(100);
});

test("a focused window gets what is typed, until another one is clicked", async () => {
  const desk = await openDesk();
  const { desktop, id } = desk;
  await launchReader(desk, "left", "40x10+0+0");
  await launchReader(desk, "right", "40x10+640+400");
  await desktop.move(id, { x: 700, y: 450 });
  const titles = async (): Promise<string[]> => (await desktop.windows(id)).filter((window) => window.isFocused).map((window) => window.title);
  expect(await titles()).toEqual(["right"]);
  const left = (await desktop.windows(id)).find((window) => window.title === "left");
  await desktop.focusWindow(id, left?.id ?? "");
  expect(await titles()).toEqual(["left"]);
  await desktop.type(id, "one\n");
  await pollFile(desk, "left.txt").toBe("one\n");
  await desktop.click(id, { x: 700, y: 450 });
  await desktop.type(id, "two\n");
  await pollFile(desk, "right.txt").toBe("two\n");
  expect(await desk.files.readText(id, "/workspace/left.txt")).toBe("one\n");
});

test("clicks, drags and the wheel reach an app with their buttons", async () => {
  const desk = await openDesk();
  const { desktop, id } = desk;
  await desk.files.write(id, "/workspace/mouse.sh", "stty raw -echo; printf '\\033[?1002h\\033[?1006h'; : > mouse.txt; exec cat >> mouse.txt\n");
  await launch(desk, "xterm -geometry 80x24+0+0 -e bash mouse.sh");
  await expect.poll(async () => (await exec(desk.server, id, "ls mouse.txt")).body["exit_code"]).toBe(0);
  const at = { x: 100, y: 100 };
  await Promise.all([desktop.click(id, at), desktop.click(id, { ...at, button: "right" }), desktop.click(id, { ...at, button: "middle" })]);
  await desktop.doubleClick(id, at);
  await desktop.scroll(id, { direction: "up", clicks: 2, at });
  await desktop.scroll(id, { direction: "down", clicks: 1 });
  await desktop.drag(id, { from: { x: 50, y: 50 }, to: { x: 200, y: 50 } });
  expect((await call(desk.server, "POST", `/computers/${id}/desktop/right-click`, { body: at })).status).toBe(200);
  // Presses end in M, releases in m; 32 is added for a motion.
  const events = async (): Promise<string[]> => [...(await desk.files.readText(id, "/workspace/mouse.txt")).matchAll(/\[<(\d+);\d+;\d+([Mm])/g)].map(([, button, end]) => `${button}${end}`);
  await expect.poll(async () => (await events()).at(-1)).toBe("2m");
  const seen = await events();
  expect(seen.slice(0, 6).toSorted()).toEqual(["0M", "0m", "1M", "1m", "2M", "2m"]);
  for (const button of ["0", "1", "2"]) expect(seen.indexOf(`${button}m`)).toBe(seen.indexOf(`${button}M`) + 1);
  expect(seen.slice(6, 13)).toEqual(["0M", "0m", "0M", "0m", "64M", "64M", "65M"]);
  expect(seen.slice(13)).toEqual(["0M", ...seen.slice(14, -3).map(() => "32M"), "0m", "2M", "2m"]);
  expect(seen).toContain("32M");
});

test("texts that are typed at once come out one after the other", async () => {
  const desk = await openDesk();
  await launchReader(desk, "turns", "80x24+0+0");
  await desk.desktop.click(desk.id, { x: 200, y: 100 });
  const texts = ["a", "b", "c"].map((letter) => `${letter.repeat(60)}\n`);
  await Promise.all(texts.map((text) => desk.desktop.type(desk.id, text)));
  await expect.poll(async () => (await desk.files.readText(desk.id, "/workspace/turns.txt")).split(/(?<=\n)/).toSorted()).toEqual(texts);
});

test("a client that leaves ends its typing, and no key stays down", async () => {
  const desk = await openDesk();
  await launchReader(desk, "left", "80x24+0+0");
  await desk.desktop.click(desk.id, { x: 200, y: 100 });
  const leave = new AbortController();
  const typing = desk.desktop.type(desk.id, "x".repeat(1_000), { delayMs: 20, signal: leave.signal });
  await expect.poll(() => desk.server.countRequests("POST /computers/:id/desktop/type")).toBe(1);
  leave.abort(new Error("gone"));
  await expect(typing).rejects.toThrow("gone");
  await desk.desktop.type(desk.id, "end\n");
  await pollFile(desk, "left.txt").toMatch(/^(x{40}){0,5}end\n$/);
});

test("a key combination is pressed by its X11 names, and one that no keyboard has is a 422", async () => {
  const desk = await openDesk();
  await launchReader(desk, "keys", "80x24+0+0");
  await desk.desktop.click(desk.id, { x: 200, y: 100 });
  await desk.desktop.type(desk.id, "wrong");
  await desk.desktop.key(desk.id, "ctrl+u");
  for (const key of ["o", "k", "Return"]) await desk.desktop.key(desk.id, key);
  await pollFile(desk, "keys.txt").toBe("ok\n");
  await expect(desk.desktop.key(desk.id, "NoSuchKey")).rejects.toMatchObject({ status: 422, details: { key: [expect.stringContaining("X11")] } });
});

test("answers have the members that every reading of the API looks for", async () => {
  const { server, id } = await openDesk();
  const base = `/computers/${id}/desktop`;
  expect((await call(server, "POST", `${base}/move`, { body: { x: 3, y: 4 } })).body).toEqual({ success: true, ok: true });
  expect((await call(server, "GET", `${base}/cursor`)).body).toEqual({ x: 3, y: 4 });
  expect((await call(server, "GET", `${base}/windows`)).body).toEqual({ windows: [], data: [] });
  expect((await call(server, "POST", `${base}/wait`, { body: { seconds: 0.01 } })).body).toEqual({ success: true, ok: true });
  for (const body of [{ direction: "left", amount: 2 }, { direction: "right", clicks: 1, amount: 9 }, {}]) {
    expect((await call(server, "POST", `${base}/scroll`, { body })).body).toEqual({ success: true, ok: true });
  }
  expect((await call(server, "POST", `${base}/launch`, { body: { app_name: "xterm" } })).body).toEqual({ success: true, ok: true });
});

test.each([
  ["click", { x: 1_280, y: 0 }, 422],
  ["click", { x: 0, y: -1 }, 422],
  ["click", { x: "1", y: 1 }, 422],
  ["click", { y: 1 }, 400],
  ["click", { x: 1, y: 1, button: "4" }, 422],
  ["drag", { from_x: 0, from_y: 0, to_x: 0, to_y: 800 }, 422],
  ["screenshot/region", { x: 1_270, y: 0, width: 11, height: 1 }, 422],
  ["screenshot/region", { x: 0, y: 0, width: 0, height: 1 }, 422],
  ["type", {}, 400],
  ["type", { text: "a\0b" }, 422],
  ["type", { text: "a", delay: -1 }, 422],
  ["type", { text: "a".repeat(1_000), delay: 500 }, 422],
  ["key", { key: "--clearmodifiers" }, 422],
  ["key", { key: "a b" }, 422],
  ["scroll", { direction: "sideways" }, 422],
  ["scroll", { direction: "up", clicks: 0 }, 422],
  ["scroll", { direction: "up", clicks: 1.5 }, 422],
  ["scroll", { direction: "up", x: 1 }, 400],
  ["wait", { ms: 60_001 }, 422],
  ["wait", { seconds: "1" }, 422],
  ["window/focus", { window_id: "1; id" }, 422],
  ["window/focus", { window_id: 4_242 }, 422],
  ["launch", { app: " " }, 422],
  ["launch", { app: "no-such-program" }, 422],
])("%s refuses %j with %i", async (action, body, wanted) => {
  const { server, id } = await openDesk({ driver: "process" });
  const answer = await call(server, "POST", `/computers/${id}/desktop/${action}`, { body });
  expect([answer.status, answer.body["code"]]).toEqual([wanted, wanted === 400 ? "MISSING_PARAM" : "VALIDATION_ERROR"]);
});

test("a computer that is not running has no desktop, and another tenant's is a 404", async () => {
  const server = await serve({ autoStart: false, apiKeys: ["msk_u_one", "msk_u_two"] });
  const id = await createSandbox(server);
  const attempts = [["GET", "screenshot"], ["GET", "windows"], ["GET", "cursor"], ["POST", "wait", { ms: 1 }], ["POST", "move", { x: 1, y: 1 }], ["POST", "launch", { app: "xterm" }]] as const;
  for (const [method, action, body] of attempts) {
    const path = `/computers/${id}/desktop/${action}`;
    const stopped = await call(server, method, path, { body });
    expect([stopped.status, stopped.body["code"]]).toEqual([409, "NOT_RUNNING"]);
    expect((await call(server, method, path, { body, key: "msk_u_two" })).status).toBe(404);
  }
});

test("without the programs of a desktop the answer is a 409 that names the packages to install", async () => {
  const server = await serve({ driver: "process" });
  await using directory = await mkdtempDisposable();
  const bin = join(directory.path, "bin");
  await mkdir(bin);
  for (const program of ["bash", "maim"]) await symlink(`/usr/bin/${program}`, join(bin, program));
  const { body } = await call(server, "POST", "/sandboxes", { body: { env: { PATH: bin } } });
  await call(server, "GET", `/sandboxes/${String(body["id"])}/readiness/stream`);
  const { desktop } = createMiosaClient({ baseUrl: server.baseUrl, apiKey: server.apiKey });
  await expect(desktop.screenshot(String(body["id"]))).rejects.toMatchObject({
    status: 409,
    code: "DESKTOP_UNAVAILABLE",
    details: { missing: ["Xvfb", "xdotool"], packages: ["xvfb", "xdotool"] },
    message: expect.stringContaining("apt-get install --no-install-recommends xvfb xdotool"),
  });
});

test.each(drivers)("%s: computers have screens of their own, which end with them", async (driver) => {
  const desk = await openDesk({ driver });
  const { desktop, id, server } = desk;
  const other = await createReady(server);
  await Promise.all([desktop.move(id, { x: 5, y: 6 }), desktop.move(other, { x: 7, y: 8 })]);
  expect(await desktop.cursor(id)).toEqual({ x: 5, y: 6 });
  await launch(desk, "xterm");
  expect(await desktop.windows(other)).toEqual([]);
  await desk.computers.destroy(id);
  expect(await desktop.cursor(other)).toEqual({ x: 7, y: 8 });
});

test("process: a screen leaves nothing in the machine's own directory of sockets", async () => {
  const desk = await openDesk({ driver: "process" });
  await desk.files.write(desk.id, "/workspace/show.sh", 'printf %s "$DISPLAY" > display.part; mv display.part display\n');
  await desk.desktop.launch(desk.id, "bash show.sh");
  await expect.poll(async () => (await exec(desk.server, desk.id, "cat display")).body["output"]).toMatch(/^:\d+$/);
  const socket = `/tmp/.X11-unix/X${(await desk.files.readText(desk.id, "/workspace/display")).slice(1)}`;
  expect(existsSync(socket)).toBe(true);
  await desk.computers.destroy(desk.id);
  expect(existsSync(socket)).toBe(false);
});

test("a screen that the computer's own commands have ended is started again, as is that of a computer that was restarted", async () => {
  const { desktop, server, id, computers } = await openDesk();
  await desktop.move(id, { x: 1, y: 1 });
  const ended = await exec(server, id, 'for exe in /proc/[0-9]*/exe; do case $(readlink "$exe") in */Xvfb) pid=${exe#/proc/}; kill -9 "${pid%/exe}"; echo ended;; esac; done');
  expect(ended.body["output"]).toBe("ended\n");
  await desktop.move(id, { x: 2, y: 3 });
  expect(await desktop.cursor(id)).toEqual({ x: 2, y: 3 });
  await computers.restart(id);
  await computers.waitUntilRunning(id);
  await desktop.move(id, { x: 4, y: 5 });
  expect(await desktop.cursor(id)).toEqual({ x: 4, y: 5 });
});

test("a screen and its apps do not keep an idle computer from ending", async () => {
  let now = Date.now();
  const server = await serve({ now: () => now });
  const { body } = await call(server, "POST", "/sandboxes", { body: { idle_timeout_sec: 60 } });
  const id = String(body["id"]);
  await call(server, "GET", `/sandboxes/${id}/readiness/stream`);
  expect((await call(server, "POST", `/computers/${id}/desktop/launch`, { body: { app: "xterm" } })).status).toBe(200);
  now += 61_000;
  await expect.poll(async () => (await call(server, "GET", `/sandboxes/${id}`)).status).toBe(404);
});

test("a wait ends when its computer does", async () => {
  const { desktop, id, computers, server } = await openDesk();
  const refused = desktop.wait(id, 60_000).then(() => undefined, (error: unknown) => error);
  await expect.poll(() => server.countRequests("POST /computers/:id/desktop/wait")).toBe(1);
  await computers.destroy(id);
  expect(await refused).toMatchObject({ status: 409, code: "NOT_RUNNING" });
});
