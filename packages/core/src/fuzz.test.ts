import { createMiosaClient, isMiosaError, type MiosaClient } from "@miosa/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { everyCall } from "../test/everyCall.js";
import { rejection } from "../test/rawTransport.js";

/** How many cases each property tries: a few here, 10,000 with `npm run fuzz:core`. */
const numRuns = Number(process.env["FUZZ_RUNS"] ?? 150);
const timeoutMs = Math.max(30_000, numRuns * 60);
const secret = "msk_u_verysecret0123456789";
const encoder = new TextEncoder();

/** Whether every body that was opened was read to its end or let go. */
interface Leaks {
  open: number;
}

/** A client whose server answers as told, chunk by chunk, without a socket. */
function clientOf(answer: { status: number; headers: [string, string][]; chunks: Uint8Array[] }, leaks: Leaks): MiosaClient {
  const respond = (): Response => {
    if ([101, 204, 205, 304].includes(answer.status)) return new Response(null, { status: answer.status === 101 ? 204 : answer.status });
    const left = [...answer.chunks];
    leaks.open += 1;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          const chunk = left.shift();
          if (chunk) controller.enqueue(chunk);
          else {
            leaks.open -= 1;
            controller.close();
          }
        },
        cancel() {
          leaks.open -= 1;
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { status: answer.status, headers: answer.headers });
  };
  return createMiosaClient({ apiKey: secret, baseUrl: "http://fuzz.test", retries: 0, timeoutMs: 2_000, fetch: async () => respond() });
}

async function outcomeOf(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error;
  }
}

function mustBeTyped(error: unknown): void {
  if (error === undefined) return;
  expect(error).toSatisfy(isMiosaError);
  expect(isMiosaError(error) && `${error.message} ${error.stack ?? ""} ${JSON.stringify(error)}`).not.toContain(secret);
}

const status = fc.oneof(fc.constantFrom(200, 201, 202, 204, 400, 401, 402, 403, 404, 409, 422, 429, 500, 502, 503), fc.integer({ min: 200, max: 599 }));
const headerValue = fc.string({ maxLength: 20 }).map((text) => text.replaceAll(/[^\x20-\x7e]/g, ""));
const header = fc.tuple(fc.constantFrom("content-type", "retry-after", "x-request-id", "date", "content-encoding-x"), headerValue);
const names = ["data", "error", "errors", "code", "message", "detail", "details", "reason", "id", "status", "state", "items", "meta", "page", "computers", "sandboxes", "computer", "result", "entries", "exit_code", "stdout", "path", "url", "token", "ticket", "total", "next_cursor", "__proto__", "constructor", "retry_after", "request_id", "children", "written", "size_bytes"];
const json = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: "small" }, fc.constantFrom(null, true, 0, -1, 1.5, "", "x", "running", "ready", "a_b"), fc.array(tie("value"), { maxLength: 3 }), fc.dictionary(fc.constantFrom(...names), tie("value"), { maxKeys: 5 })),
})).value;
const chunksOf = (text: string, cuts: readonly number[]): Uint8Array[] => {
  const bytes = encoder.encode(text);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, at) => bytes.slice(places[at], end)).filter((chunk) => chunk.length > 0);
};
const cuts = fc.array(fc.nat(5_000), { maxLength: 4 });
const body = fc.oneof(
  json.map((value) => JSON.stringify(value)),
  fc.tuple(json, fc.nat(50)).map(([value, cut]) => JSON.stringify(value).slice(0, cut)),
  fc.string({ maxLength: 60 }),
  fc.constant("<!doctype html><body>Bad Gateway"),
);
const anyCall = fc.constantFrom(...everyCall.filter(({ name }) => !/createReady|waitUntil|files\.watch|exec\.stream/.test(name)));

test("any answer to any call is a value or a typed error, leaks nothing and tells no secret", async () => {
  await fc.assert(
    fc.asyncProperty(anyCall, status, fc.array(header, { maxLength: 3 }), body, cuts, async (call, code, headers, text, where) => {
      const leaks = { open: 0 };
      const miosa = clientOf({ status: code, headers, chunks: chunksOf(text, where) }, leaks);
      const error = await outcomeOf(async () => {
        const value = await call.run(miosa, "box-1", {});
        if (call.name === "files.download" && typeof value === "object" && value !== null && "body" in value && value.body instanceof ReadableStream) await value.body.cancel();
      });
      mustBeTyped(error);
      expect([call.name, leaks.open]).toEqual([call.name, 0]);
    }),
    { numRuns },
  );
}, timeoutMs);

const frame = fc.oneof(
  fc.constantFrom("\n", "\r\n", "\r", "\n\n", ": hi\n", "id: 1\n", "retry: 5\n", "data: [DONE]\n\n", "event: exit\n", "data: {}\n\n"),
  fc.tuple(fc.constantFrom("stdout", "stderr", "exit", "error", "ready", "created", "x"), json).map(([name, value]) => `event: ${name}\ndata: ${JSON.stringify(value)}\n\n`),
  fc.string({ maxLength: 20 }),
);

test("any stream ends in events or a typed error, leaks nothing and tells no secret", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { maxLength: 12 }), cuts, fc.constantFrom("exec", "watch"), async (frames, where, kind) => {
      const leaks = { open: 0 };
      const miosa = clientOf({ status: 200, headers: [["content-type", "text/event-stream"]], chunks: chunksOf(frames.join(""), where) }, leaks);
      const error = await outcomeOf(async () => {
        if (kind === "exec") for await (const event of miosa.exec.stream("a", { command: "x" })) if (event.type === "exit") return;
        if (kind === "watch") for await (const _ of miosa.files.watch("a")) continue;
      });
      mustBeTyped(error);
      expect(error === undefined || leaks.open === 0).toBe(true);
      await Promise.resolve();
      expect(leaks.open).toBe(0);
    }),
    { numRuns },
  );
}, timeoutMs);

test("any Retry-After is a wait of some milliseconds, or none", async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(headerValue, fc.double().map(String), fc.date({ noInvalidDate: true }).map((date) => date.toUTCString())), json, async (value, retryAfter) => {
      const answer = { status: 429, headers: [["retry-after", value]] satisfies [string, string][], chunks: [encoder.encode(JSON.stringify({ retry_after: retryAfter }))] };
      const error = await rejection(clientOf(answer, { open: 0 }).sandboxes.get("a"));
      const wait = isMiosaError(error) ? error.retryAfterMs : Number.NaN;
      expect(wait === undefined || (Number.isFinite(wait) && wait >= 0)).toBe(true);
    }),
    { numRuns },
  );
}, timeoutMs);

test("any argument is sent or refused with a typed error", async () => {
  const anything = fc.oneof(fc.anything({ maxDepth: 2 }), fc.constantFrom("", "..", "\ud800", Number.NaN, -1, null, undefined));
  const ok = { status: 200, headers: [] satisfies [string, string][], chunks: [encoder.encode('{"id":"a"}')] };
  await fc.assert(
    fc.asyncProperty(anything, anything, fc.constantFrom("create", "run", "write", "resize", "click", "mint", "report"), async (a, b, name) => {
      const { sandboxes, exec, files, computers, desktop, tokens, usage } = clientOf(ok, { open: 0 });
      const functions = { create: sandboxes.create, run: exec.run, write: files.write, resize: computers.resize, click: desktop.click, mint: tokens.mintScoped, report: usage.byAttribution };
      mustBeTyped(
        await outcomeOf(async () => {
          const work: unknown = Reflect.apply(functions[name], undefined, name === "write" ? ["a", a, b] : name === "create" || name === "mint" || name === "report" ? [a] : [a, b]);
          await work;
        }),
      );
    }),
    { numRuns },
  );
}, timeoutMs);
