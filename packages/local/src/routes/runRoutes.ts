import { sandboxRoutes } from "@miosa/protocol";
import { mayUse } from "../access/access.js";
import { HttpProblem } from "../http/httpProblem.js";
import { jsonObject } from "../http/requestBody.js";
import { whileConnected } from "../http/whileConnected.js";
import { isBooting, type SandboxRecord, toWireSandbox } from "../sandboxes/sandboxRecord.js";
import { sleep } from "../timers.js";
import { readNativeCommand } from "./execFields.js";
import { runIn } from "./execRoutes.js";
import { type LocalRoute, type RouteParts } from "./localRoute.js";
import { createNative } from "./sandboxRoutes.js";

/**
 * A new sandbox, the wait for it and its first command in one call. The contract names it and shows no body, so it takes what creating
 * a sandbox and running a command take: `timeout` and `cwd` are the command's, `timeout_sec` and `env` the sandbox's. What goes wrong
 * before the command has run leaves no sandbox behind. Contract 4.7.
 */
export function runRoutes(parts: RouteParts): LocalRoute[] {
  const { store, now } = parts;
  return [
    {
      route: { ...sandboxRoutes.create, path: "/sandboxes/run" },
      async answer(context) {
        if (!mayUse(context.get("caller"), { permission: "exec" })) throw new HttpProblem("insufficient_scope", "This token's scopes do not let it run commands.");
        const body = jsonObject(context);
        const { timeout_sec: _timeoutSec, env: _env, ...ofCommand } = body;
        const request = readNativeCommand(ofCommand);
        const record = await createNative(context, body, parts);
        try {
          await whileConnected(context, [], (signal) => untilRunning(record, parts, signal));
          const result = await runIn(context, record, request, parts);
          const answer = { ...result, sandbox_id: record.id, sandbox: toWireSandbox(record, now()) };
          return context.json({ ...answer, data: answer }, 201);
        } catch (error) {
          await store.destroy(record);
          throw error;
        }
      },
    },
  ];
}

/** Resolves when a new sandbox runs. Rejects when it never will, and when that takes too long. */
async function untilRunning(record: SandboxRecord, { store, readinessStreamTimeoutMs: timeoutMs }: RouteParts, signal: AbortSignal): Promise<void> {
  const settled = new AbortController();
  const look = (): void => {
    if (record.status === "stopped") store.start(record);
    if (!isBooting(record)) settled.abort();
  };
  const callOff = store.onStatus(record, look);
  try {
    look();
    await sleep(timeoutMs, AbortSignal.any([settled.signal, signal]));
  } catch {
    signal.throwIfAborted(); // else it is settled, and its status tells how
  } finally {
    callOff();
  }
  if (record.status === "running") return;
  const why = isBooting(record) ? `it was not ready within ${timeoutMs} ms` : (record.reason ?? `its status is ${record.status}`);
  throw new HttpProblem("AGENT_UNAVAILABLE", `The sandbox could not run the command: ${why}. It was destroyed.`, { details: { sandbox_id: record.id } });
}
