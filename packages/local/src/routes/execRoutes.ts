import { execRoutes as routes, type WireExecResult } from "@miosa/protocol";
import { BoxRequestError } from "../drivers/driver.js";
import { runCommand } from "../exec/runCommand.js";
import { HttpProblem, validationProblem } from "../http/httpProblem.js";
import { jsonObject } from "../http/requestBody.js";
import { whileConnected } from "../http/whileConnected.js";
import type { SandboxRecord } from "../sandboxes/sandboxRecord.js";
import { readCommand } from "./execFields.js";
import { type LocalRoute, namedRecord, type RouteParts } from "./localRoute.js";

/** Running commands. Contract 6.5. */
export function execRoutes(parts: RouteParts): LocalRoute[] {
  return [
    {
      route: routes.run,
      async answer(context) {
        const record = namedRecord(context, parts);
        const request = readCommand(jsonObject(context));
        const box = parts.store.boxOf(record);
        if (!box) throw notRunning(record);
        const stopped = new AbortController();
        const callOff = parts.store.onStatus(record, () => {
          if (record.status !== "running") stopped.abort(notRunning(record));
        });
        const { outputLimitBytes } = parts;
        try {
          const run = (signal: AbortSignal): Promise<WireExecResult> => runCommand(box, request, { signal, outputLimitBytes });
          return context.json(await whileConnected(context, [stopped.signal], run));
        } catch (error) {
          if (error instanceof BoxRequestError) throw validationProblem({ [error.field]: [error.message] });
          throw error;
        } finally {
          callOff();
        }
      },
    },
  ];
}

function notRunning(record: SandboxRecord): HttpProblem {
  return new HttpProblem("NOT_RUNNING", `The sandbox is not running: its status is ${record.status}.`);
}
