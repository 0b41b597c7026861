import { expect } from "vitest";
import { apiKey } from "../attackedGateway.js";
import { lookup, type Attack } from "./attack.js";

const handshake = [
  ["connection", "Upgrade"],
  ["upgrade", "websocket"],
  ["sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="],
  ["sec-websocket-version", "13"],
] as const;

function upgrading(name: string, path: string, status: number, more: Partial<Attack> & { extra?: readonly (readonly [string, string])[] } = {}): Attack {
  const { extra = [], ...rest } = more;
  return { name, path: `/api/miosa/${path}`, headers: [...handshake, ...extra], status, until: (text) => text.startsWith("HTTP/1.1 101") && text.includes("\r\n\r\n"), ...rest };
}

const spawn = "computers/acme-1/exec/stream?command=sh";
const opened = [lookup("acme-1"), "WS /computers/acme-1/exec/stream"];

export const socketAttacks: readonly Attack[] = [
  upgrading("opens a shell from a foreign page", spawn, 403, { extra: [["origin", "https://evil.example"]] }),
  upgrading("opens a shell from a page without an origin of its own", spawn, 403, { extra: [["origin", "null"]] }),
  upgrading("opens a shell with the ticket of somebody else", `${spawn}&ticket=sset_1`, 400),
  upgrading("opens a shell for another tenant by the query", `${spawn}&external_workspace_id=globex`, 400, {}),
  upgrading("opens a shell with a doubled command", `${spawn}&command=id`, 400),
  upgrading("opens a shell on an encoded path", "computers/acme-1%2f..%2fglobex-1/exec/stream?command=sh", 404),
  upgrading("opens a shell by dot segments", "computers/acme-1/../globex-1/exec/stream?command=sh", 404),
  upgrading("upgrades a route that is none for WebSockets", "computers/acme-1", 404),
  upgrading("upgrades the event feed", "events/stream", 404),
  upgrading("offers a subprotocol that is none", spawn, 400, { reaches: [], extra: [["sec-websocket-protocol", "miosa exec"]] }),
  { name: "opens a shell without an upgrade", path: `/api/miosa/${spawn}`, status: 404, code: "NOT_FOUND" },
  { name: "upgrades to something else", path: `/api/miosa/${spawn}`, headers: [["connection", "Upgrade"], ["upgrade", "h2c"]], status: 426 },
  upgrading("brings a key and a cookie to its own shell", spawn, 101, {
    extra: [
      ["authorization", "Bearer msk_u_mine"],
      ["x-miosa-tenant", "ten_2"],
      ["sec-websocket-protocol", "miosa-exec-v1, bearer.abc.def"],
      ["sec-websocket-extensions", "permessage-deflate"],
    ],
    reaches: opened,
    check: (answer, seen) => {
      const { headers } = seen.at(-1) ?? {};
      expect(headers?.authorization).toBe(`Bearer ${apiKey}`);
      expect(headers?.cookie).toBeUndefined();
      expect(headers?.["x-miosa-tenant"]).toBeUndefined();
      expect(headers?.["sec-websocket-extensions"]).toBeUndefined();
      expect(headers?.["sec-websocket-protocol"]).toBe("miosa-exec-v1");
      expect(answer.headers.get("sec-websocket-protocol")).toBe("miosa-exec-v1");
    },
  }),
  upgrading("passes its command and environment on", `${spawn}&env=A%3D1&env=B%3D2`, 101, {
    reaches: opened,
    check: (_, seen) => expect(seen.at(-1)?.query.getAll("env")).toEqual(["A=1", "B=2"]),
  }),
];
