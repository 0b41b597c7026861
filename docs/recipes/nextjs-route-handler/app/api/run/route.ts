// POST /api/run with { "command": "…" }. The key stays on the server; give the browser @miosa/gateway for anything beyond one route.
// npm install @miosa/core && npx @miosa/local -- npm run dev
import { createMiosaClient, isMiosaError } from "@miosa/core";

export async function POST(request: Request): Promise<Response> {
  const miosa = createMiosaClient({ apiKey: process.env["MIOSA_API_KEY"], baseUrl: process.env["MIOSA_BASE_URL"] });
  const body: unknown = await request.json().catch(() => null);
  const command = typeof body === "object" && body !== null && "command" in body ? body.command : null;
  if (typeof command !== "string") return Response.json({ code: "INVALID_BODY", message: 'Send { "command": "…" }.' }, { status: 400 });
  try {
    const { id } = await miosa.sandboxes.createReady({ name: "next" }, { signal: request.signal });
    try {
      const { output, exitCode } = await miosa.exec.run(id, { command }, { signal: request.signal });
      return Response.json({ output, exitCode });
    } finally {
      await miosa.sandboxes.delete(id);
    }
  } catch (error) {
    if (!isMiosaError(error)) throw error;
    // The message holds no secret; the status is the API's own, or 502 where there was no answer.
    return Response.json({ code: error.code, message: error.message }, { status: error.status ?? 502 });
  }
}
