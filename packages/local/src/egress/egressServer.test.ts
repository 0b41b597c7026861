import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:https";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { createReady, exec } from "../../test/callServer.js";
import { mkdtempDisposable } from "../../test/temporaryDirectory.js";
import { createLocalServer, createProcessDriver, type EgressEntry, type EgressOptions, type LocalServer } from "../index.js";
import { startRawServer } from "../testing.js";

async function serve(driver: "bwrap" | "unshare", egress?: EgressOptions): Promise<LocalServer> {
  const server = await createLocalServer({ driver, ...(egress && { egress }) });
  onTestFinished(() => server.close());
  return server;
}

async function outputOf(server: LocalServer, id: string, command: string): Promise<string> {
  return String((await exec(server, id, `${command} 2>&1`)).body["output"]);
}

/** A server of TLS with a certificate of its own making for `api.test`. */
async function startTls(): Promise<number> {
  await using directory = await mkdtempDisposable();
  const [key, cert] = [join(directory.path, "key.pem"), join(directory.path, "cert.pem")];
  await promisify(execFile)("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=api.test", "-addext", "subjectAltName=DNS:api.test"]);
  const server = createServer({ key: await readFile(key), cert: await readFile(cert) }, (request, response) => void request.pipe(response));
  onTestFinished(() => void server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}

test.each(["bwrap", "unshare"] as const)("programs in a sandbox of %s reach what is listed over HTTP and TLS, and nothing else", async (driver) => {
  await using plain = await startRawServer((request, response) => void response.end(`plain ${request.url}`));
  const tls = await startTls();
  const entries: EgressEntry[] = [];
  const server = await serve(driver, {
    allow: ["api.test", `api.test:${plain.port}`, `api.test:${tls}`, `127.0.0.1:${plain.port}`, `127.0.0.1:${tls}`],
    resolve: async () => ["127.0.0.1"],
    onConnection: (entry) => void entries.push(entry),
  });
  const id = await createReady(server);
  expect(server.egress).toContain("api.test");
  expect(await outputOf(server, id, `curl -sS http://api.test:${plain.port}/a?b`)).toBe("plain /a?b");
  // Two megabytes there and back, through a tunnel.
  expect(await outputOf(server, id, `head -c 2000000 /dev/urandom > up; curl -sSk --data-binary @up -o down https://api.test:${tls}/; cmp up down && echo same`)).toBe("same\n");
  expect(await outputOf(server, id, `curl -sS http://other.test/secret?token=hush`)).toContain("--allow-egress other.test:80");
  expect(await outputOf(server, id, "curl -sS https://me:hush@other.test/")).toContain("403");
  expect(await outputOf(server, id, "git ls-remote http://other.test/repository.git")).toContain("403");
  expect(await outputOf(server, id, "curl -sS --noproxy '*' -m 5 http://127.0.0.1:1/ http://192.0.2.1/")).not.toContain("plain");
  expect(entries.map(({ outcome, target }) => [outcome, target])).toEqual([
    ["opened", `api.test:${plain.port}`],
    ["opened", `api.test:${tls}`],
    ["refused", "other.test:80"],
    ["refused", "other.test:443"],
    ["refused", "other.test:80"],
  ]);
  expect(new Set(entries.map(({ sandboxId }) => sandboxId))).toEqual(new Set([id]));
  expect(JSON.stringify(entries)).not.toMatch(/hush|secret/);
});

test("sandboxes that were booted ahead are told apart in the log like any other", async () => {
  const entries: EgressEntry[] = [];
  const server = await createLocalServer({ driver: "bwrap", warmPool: 1, egress: { allow: ["api.test"], onConnection: (entry) => void entries.push(entry) } });
  onTestFinished(() => server.close());
  const ids = [await createReady(server), await createReady(server)];
  for (const id of ids) await outputOf(server, id, "curl -sS http://other.test/");
  expect(entries.map(({ sandboxId }) => sandboxId)).toEqual(ids);
});

test("a sandbox cannot reach the server that runs it, nor another sandbox", async () => {
  const server = await serve("bwrap", { allow: ["api.test"] });
  const [first, second] = [await createReady(server), await createReady(server)];
  await exec(server, second, "python3 -m http.server 8123 --bind 0.0.0.0 > /dev/null 2>&1 &");
  for (const url of [`${server.baseUrl}/computers`, "http://127.0.0.1:8123/", "http://localhost:8123/"]) {
    expect(await outputOf(server, first, `curl -sS --noproxy '' ${url}`)).toContain("may not connect");
    expect(await outputOf(server, first, `curl -s --noproxy '*' ${url}; echo $?`)).toBe("7\n");
  }
});

test("without a list there is neither a proxy nor a variable that names one", async () => {
  const server = await serve("bwrap");
  const id = await createReady(server);
  expect(await outputOf(server, id, "env | grep -i proxy; exec 3<>/dev/tcp/127.0.0.1/3128")).toContain("Connection refused");
  expect(server.egress).toEqual([]);
});

test("connections end with their sandbox, on both sides", async () => {
  await using upstream = await startRawServer(() => {}); // never answers
  const server = await serve("bwrap", { allow: [`127.0.0.1:${upstream.port}`] });
  const id = await createReady(server);
  void exec(server, id, `curl -sS --noproxy '' -m 60 http://127.0.0.1:${upstream.port}/`);
  await expect.poll(() => upstream.connections().sockets).toBe(1);
  await server.close();
  await expect.poll(() => upstream.connections().sockets).toBe(0);
});

test("a driver that cannot keep to a list is refused one, and so is a list that makes no sense", async () => {
  const egress = { allow: ["api.test"] };
  await expect(createLocalServer({ driver: "process", egress })).rejects.toThrow("cannot keep to an egress list");
  await expect(createLocalServer({ driver: createProcessDriver(), egress })).rejects.toThrow("give it to the driver");
  await expect(createLocalServer({ driver: "bwrap", egress: { allow: ["https://api.test/"] } })).rejects.toThrow('"https://api.test/" is no host');
});
