// A Worker that runs what it is sent and answers the output as it comes. No compatibility flag is needed.
// npm install @miosa/core && npm install --save-dev wrangler
// Try it, with `curl --data "echo hi" localhost:8787`:
//   npx @miosa/local -- sh -c 'npx wrangler dev worker.ts --compatibility-date 2026-04-20 --var MIOSA_API_KEY:$MIOSA_API_KEY --var MIOSA_BASE_URL:$MIOSA_BASE_URL'
// Deploy it:
//   npx wrangler deploy worker.ts --name run --compatibility-date 2026-04-20 && npx wrangler secret put MIOSA_API_KEY --name run
import { createMiosaClient, isMiosaError } from "@miosa/core";

interface Env {
  MIOSA_API_KEY: string;
  MIOSA_BASE_URL?: string;
}

const worker = {
  async fetch(request: Request, env: Env, context: { waitUntil(work: Promise<unknown>): void }): Promise<Response> {
    const miosa = createMiosaClient({ apiKey: env.MIOSA_API_KEY, baseUrl: env.MIOSA_BASE_URL });
    try {
      const command = await request.text();
      if (command.trim() === "") return new Response("Send a command as the body.\n", { status: 400 });
      // A visitor who leaves aborts the request: then the sandbox is destroyed too.
      const { id } = await miosa.sandboxes.createReady({ name: "edge" }, { signal: request.signal });
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      const writer = writable.getWriter();
      const encoder = new TextEncoder();
      const answer = async (): Promise<void> => {
        try {
          for await (const event of miosa.exec.stream(id, { command })) {
            await writer.write(encoder.encode(event.type === "exit" ? `exit ${event.exitCode}\n` : `${event.line}\n`));
          }
          await writer.close();
        } catch (error) {
          await writer.abort(error);
        } finally {
          await miosa.sandboxes.delete(id);
        }
      };
      context.waitUntil(answer());
      return new Response(readable, { headers: { "content-type": "text/plain; charset=utf-8" } });
    } catch (error) {
      if (!isMiosaError(error)) throw error;
      return Response.json({ code: error.code, message: error.message }, { status: error.status ?? 502 });
    }
  },
};

// oxlint-disable-next-line import/no-default-export -- Workers export their handlers so
export default worker;
