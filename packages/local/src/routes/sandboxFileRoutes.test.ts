import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call, createReady, exec } from "../../test/callServer.js";
import { createLocalServer, type LocalServer } from "../index.js";
import { isObject } from "../isObject.js";

let server: LocalServer;
let id: string;
beforeAll(async () => {
  server = await createLocalServer();
  id = await createReady(server);
});
afterAll(() => server.close());

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const dataOf = (body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => (isObject(body["data"]) ? body["data"] : {});
const read = async (path: string): Promise<string> => (await call(server, "GET", `/computers/${id}/files/download?path=${encodeURIComponent(path)}`)).text;

describe("files of the native resource", () => {
  test("are written by one route and read by their path in the address, whatever their names", async () => {
    const path = "/workspace/a dir/100% ümlaut?.txt";
    expect((await call(server, "POST", `/sandboxes/${id}/files`, { body: { path, content: base64("hello") } })).status).toBe(201);
    const address = path.slice(1).split("/").map(encodeURIComponent).join("/");
    const answer = await call(server, "GET", `/sandboxes/${id}/files/${address}`);
    expect([answer.status, answer.text, answer.headers.get("content-type")]).toEqual([200, "hello", "application/octet-stream"]);
    expect((await call(server, "GET", `/sandboxes/${id}/files/read?path=${encodeURIComponent(path)}`)).text).toBe("hello");
    expect((await call(server, "GET", `/sandboxes/${id}/files/etc/passwd`)).status).toBe(403);
    expect((await call(server, "GET", `/sandboxes/${id}/files/workspace/none`)).status).toBe(404);
    expect((await call(server, "GET", `/sandboxes/${id}/files/workspace/%2e%2e/%2e%2e/etc/passwd`)).status).not.toBe(200);
  });

  test("are listed under data, by the resource's own name and by the docs'", async () => {
    await call(server, "POST", `/sandboxes/${id}/files`, { body: { path: "/workspace/listed/x", content: base64("1") } });
    for (const name of ["files", "files/list"]) {
      const { body } = await call(server, "GET", `/sandboxes/${id}/${name}?path=/workspace/listed`);
      expect([name, dataOf(body)]).toMatchObject([name, { path: "/workspace/listed", entries: [{ name: "x", is_dir: false, size: 1 }] }]);
    }
    expect(dataOf((await call(server, "POST", `/sandboxes/${id}/files/stat`, { body: { path: "/workspace/listed" } })).body)).toMatchObject({ is_dir: true });
  });

  test("of a tree are dir or file, bare and under data", async () => {
    const { body } = await call(server, "GET", `/sandboxes/${id}/files/tree?path=/workspace/listed`);
    expect(body).toMatchObject({ type: "dir", children: [{ type: "file", name: "x" }] });
    expect(dataOf(body)).toMatchObject({ type: "dir" });
  });

  test("are written many at once in every spelling of their content", async () => {
    const files = [
      { path: "/workspace/m/1", content_base64: base64("one") },
      { path: "/workspace/m/2", content: "two", encoding: "utf8" },
      { path: "/workspace/m/3", content: base64("three"), encoding: "base64" },
      { path: "/etc/4", content: base64("four") },
    ];
    const { body } = await call(server, "POST", `/sandboxes/${id}/files/write-many`, { body: { files } });
    expect(dataOf(body)).toMatchObject({ written: [{ path: "/workspace/m/1", size_bytes: 3 }, {}, { size_bytes: 5 }], failed: [{ path: "/etc/4" }] });
    expect(await Promise.all(["1", "2", "3"].map((name) => read(`/workspace/m/${name}`)))).toEqual(["one", "two", "three"]);
    expect((await call(server, "POST", `/sandboxes/${id}/files/batch`, { body: { files: [{ path: "/workspace/m/5", content: "not base64!" }] } })).status).toBe(422);
  });
});

describe("a computer's files", () => {
  test("are copied, given permissions, listed and deleted by every reading of the API", async () => {
    const of = (name: string, body: object) => call(server, "POST", `/computers/${id}/files/${name}`, { body });
    await of("write", { path: "/workspace/c/a", content_base64: base64("text") });
    expect((await of("copy", { from: "/workspace/c", to: "/workspace/d", recursive: true })).status).toBe(200);
    expect((await of("chmod", { path: "/workspace/d/a", mode: "0750" })).status).toBe(200);
    expect(dataOf((await call(server, "GET", `/computers/${id}/files/stat?path=/workspace/d/a`)).body)["mode"]).toBe("0750");
    expect((await of("chmod", { path: "/workspace/d/a", mode: "rwx" })).status).toBe(422);
    expect((await of("mkdir", { path: "/workspace/d/e", mode: "0700" })).status).toBe(200);
    expect(dataOf((await of("stat", { path: "/workspace/d/e" })).body)["mode"]).toBe("0700");
    for (const name of ["files", "files/list", "files/readdir"]) {
      const { body } = await call(server, "GET", `/computers/${id}/${name}?path=/workspace/d`);
      expect([name, dataOf(body)]).toMatchObject([name, { entries: [{ name: "a" }, { name: "e" }] }]);
    }
    expect((await call(server, "DELETE", `/computers/${id}/files`, { body: { path: "/workspace/d" } })).status).toBe(409);
    expect((await call(server, "DELETE", `/computers/${id}/files`, { body: { path: "/workspace/d", recursive: true } })).status).toBe(200);
  });

  test("are uploaded where the form says, before or after the file", async () => {
    for (const order of ["before", "after"]) {
      const form = new FormData();
      if (order === "before") form.append("path", `/workspace/${order}/`);
      form.append("file", new Blob([order]), "up.txt");
      if (order === "after") form.append("path", `/workspace/${order}/`);
      const response = await fetch(`${server.baseUrl}/computers/${id}/files/upload`, { method: "POST", body: form, headers: { authorization: `Bearer ${server.apiKey}` } });
      expect([response.status, await response.json()]).toEqual([201, { success: true, file: { path: `/workspace/${order}/up.txt`, filename: "up.txt", size_bytes: order.length } }]);
      expect(await read(`/workspace/${order}/up.txt`)).toBe(order);
    }
    expect((await exec(server, id, "ls -A | grep upload")).body["output"]).toBe("");
  });

  test("that could not go where the form says leave nothing behind", async () => {
    const form = new FormData();
    form.append("file", new Blob(["x"]), "up.txt");
    form.append("path", "/etc/up.txt");
    const response = await fetch(`${server.baseUrl}/computers/${id}/files/upload`, { method: "POST", body: form, headers: { authorization: `Bearer ${server.apiKey}` } });
    expect(response.status).toBe(403);
    expect((await exec(server, id, "ls -A | grep upload")).body["output"]).toBe("");
  });
});

describe("an export", () => {
  test.each(["process", "bwrap"] as const)("of several paths is one archive, and of one file that file, by links without a key (%s)", async (driver) => {
    await using own = await createLocalServer({ driver });
    const box = await createReady(own);
    await exec(own, box, "mkdir -p tree/sub; echo one > tree/sub/a; echo two > $HOME/b");
    const { status, body } = await call(own, "POST", `/sandboxes/${box}/exports`, { body: { paths: ["/workspace/tree", "/home/user/b"], label: "mine", filename: "all" } });
    expect([status, body]).toMatchObject([201, { sandbox_id: box, label: "mine", status: "ready", files: [{ path: "/workspace/tree" }, { path: "/home/user/b", filename: "b" }] }]);
    const archive = await fetch(String(body["archive_download_url"]));
    expect([archive.status, archive.headers.get("content-type"), archive.headers.get("content-disposition")]).toEqual([200, "application/gzip", "attachment; filename*=UTF-8''all.tar.gz"]);
    const tar = gunzipSync(Buffer.from(await archive.arrayBuffer())).toString("latin1");
    for (const part of ["./tree/sub/a", "./b", "one\n", "two\n"]) expect(tar).toContain(part);
    const [, file] = Array.isArray(body["files"]) ? body["files"] : [];
    const link = isObject(file) ? String(file["download_url"]) : "";
    expect(await (await fetch(link)).text()).toBe("two\n");
    expect((await fetch(link.replace("b", "c"))).status).toBe(401);
  });

  test("of what is not there is a 404, and of nothing a 400", async () => {
    expect((await call(server, "POST", `/sandboxes/${id}/exports`, { body: { path: "/workspace/none" } })).status).toBe(404);
    expect((await call(server, "POST", `/sandboxes/${id}/exports`, { body: {} })).status).toBe(400);
  });
});
