import { execRoutes } from "@miosa/protocol";
import { sizeOf } from "../exec/execWires.js";
import { HttpProblem, validationProblem } from "../http/httpProblem.js";
import type { LocalContext } from "../http/localEnv.js";
import { jsonObject } from "../http/requestBody.js";
import { isObject } from "../isObject.js";
import { toTime } from "../sandboxes/sandboxRecord.js";
import { type LocalRoute, namedRecord, type RouteParts, runningBox } from "./localRoute.js";

/** Shells with a terminal; they run once their WebSocket is opened. Contract 4.16 and 6.3. */
export function terminalRoutes(parts: RouteParts): LocalRoute[] {
  function create(context: LocalContext): Response {
    const record = namedRecord(context, parts);
    const { cols, rows, shell = "bash", cwd, env = {} } = jsonObject(context);
    const isPlace = cwd === undefined || (typeof cwd === "string" && !cwd.includes("\0"));
    if (typeof shell !== "string" || !/^[\w./-]+$/.test(shell)) throw validationProblem({ shell: ["must be the name of a shell"] });
    if (!isPlace || !isTexts(env)) throw validationProblem({ [isPlace ? "env" : "cwd"]: [isPlace ? "must be an object of strings" : "must be a string"] });
    runningBox(record, parts);
    const tty = { rows: sizeOf(rows, 24), columns: sizeOf(cols, 80) };
    const session = parts.terminals.create(record, { argv: [shell, "-i"], env, stdin: true, ...(typeof cwd === "string" && { cwd }) }, tty);
    const url = new URL(context.req.url);
    url.protocol = "ws:";
    url.pathname += "/stream";
    url.search = new URLSearchParams({ session_id: session.id }).toString();
    const wire = { session_id: session.id, ws_url: url.href, expires_at: toTime(session.until) };
    return context.json({ ...wire, data: wire }, 201);
  }
  function end(context: LocalContext): Response {
    const record = namedRecord(context, parts);
    if (!parts.terminals.end(record, context.req.param("session") ?? "")) throw new HttpProblem("NOT_FOUND", "There is no such terminal.");
    return context.json({ ok: true });
  }
  function resize(context: LocalContext): Response {
    const session = parts.terminals.get(namedRecord(context, parts), context.req.param("session") ?? "");
    if (!session) throw new HttpProblem("NOT_FOUND", "There is no such terminal.");
    const { rows, cols } = jsonObject(context);
    session.resize({ rows: sizeOf(rows, 24), columns: sizeOf(cols, 80) });
    return context.json({ ok: true });
  }
  return [
    ...collections.flatMap((path): LocalRoute[] => [
      { route: { ...execRoutes.run, path }, wakes: true, answer: create },
      { route: { ...execRoutes.run, method: "DELETE", path: `${path}/:session` }, answer: end },
    ]),
    { route: { ...execRoutes.run, path: "/computers/:id/pty/:session/resize" }, answer: resize },
  ];
}

const collections = ["/sandboxes/:id/terminal", "/computers/:id/terminal"] as const;

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isObject(value) && Object.values(value).every((text) => typeof text === "string");
}
