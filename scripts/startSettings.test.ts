import { expect, test } from "vitest";
import { readStartSettings, StartMistake } from "./startSettings.mjs";

const base = "https://api.miosa.ai/api/v1";

test("without any setting the ports are the documented ones and the local server is used", () => {
  expect(readStartSettings({}, [])).toMatchObject({ port: 4700, localPort: 4747, remote: undefined, dev: false });
});

test("ports are taken from the environment, 0 included", () => {
  expect(readStartSettings({ PORT: "0", MIOSA_LOCAL_PORT: "8080" }, [])).toMatchObject({ port: 0, localPort: 8080 });
});

test.each(["-1", "65536", "4.5", "abc", "0x10", "80 81", "1e3"])("PORT=%s is refused by name", (value) => {
  expect(() => readStartSettings({ PORT: value }, [])).toThrow(/^PORT must be a whole number/);
  expect(() => readStartSettings({ MIOSA_LOCAL_PORT: value }, [])).toThrow(/^MIOSA_LOCAL_PORT must be/);
});

test("an API needs both its variables", () => {
  expect(() => readStartSettings({ MIOSA_API_KEY: "msk_u_1" }, [])).toThrow(/MIOSA_BASE_URL is not/);
  expect(() => readStartSettings({ MIOSA_BASE_URL: base }, [])).toThrow(/MIOSA_API_KEY is not/);
  expect(readStartSettings({ MIOSA_API_KEY: "msk_u_1", MIOSA_BASE_URL: `${base}/` }, []).remote).toEqual({ apiKey: "msk_u_1", baseUrl: base });
});

test.each(["ftp://api.miosa.ai", "api.miosa.ai", "https://user:hunter2@api.miosa.ai", `${base}?key=1`, "http://api.miosa.ai/api/v1"])(
  "%s is no base URL, and the message holds no key",
  (url) => {
    const read = () => readStartSettings({ MIOSA_API_KEY: "msk_u_secret", MIOSA_BASE_URL: url }, []);
    expect(read).toThrow(StartMistake);
    expect(read).not.toThrow(/msk_u_secret|hunter2/);
  },
);

test("plain http is possible to this machine only", () => {
  const remote = { apiKey: "msk_u_1", baseUrl: "http://127.0.0.1:4747/api/v1" };
  expect(readStartSettings({ MIOSA_API_KEY: remote.apiKey, MIOSA_BASE_URL: remote.baseUrl }, []).remote).toEqual(remote);
});

test("arguments are read, and an unknown one is refused with the help", () => {
  expect(readStartSettings({}, ["--dev", "--tenant", "acme.json"])).toMatchObject({ dev: true, tenantFile: "acme.json" });
  expect(() => readStartSettings({}, ["--tenant"])).toThrow(/needs the path/);
  expect(() => readStartSettings({}, ["--wat"])).toThrow(/Unknown argument --wat[^]*npm start/);
});

test("sandboxes are kept in the project unless another directory or none is asked for", () => {
  expect(readStartSettings({}, [])).toMatchObject({ keepsState: true, stateDir: undefined });
  expect(readStartSettings({ MIOSA_STATE_DIR: "/var/tmp/boxes" }, [])).toMatchObject({ keepsState: true, stateDir: "/var/tmp/boxes" });
  expect(readStartSettings({ MIOSA_STATE_DIR: "" }, ["--no-state"])).toMatchObject({ keepsState: false, stateDir: undefined });
});
