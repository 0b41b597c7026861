import { createLocalServer } from "@miosa/local";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Base URL of the local server that tests in workerd talk to. */
    baseUrl: string;
    /** Its key. */
    apiKey: string;
  }
}

/** Starts the local server that tests in workerd talk to, and returns what stops it. */
export default async function startEdgeServer(project: TestProject): Promise<() => Promise<void>> {
  const server = await createLocalServer();
  project.provide("baseUrl", server.baseUrl);
  project.provide("apiKey", server.apiKey);
  return () => server.close();
}
