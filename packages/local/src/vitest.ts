import { createLocalServer, type LocalServer } from "./createLocalServer.js";
import type { LocalServerOptions } from "./options.js";
import { expectNoConnections } from "./testing/expectNoConnections.js";

/** Options of {@link localServer}. */
export interface LocalServerFixtureOptions extends LocalServerOptions {
  /** One server for a whole test file, or one for each test. @default "file" */
  scope?: "file" | "test";
}

/** What `test.extend` takes: how a fixture is made and ended, and for how long it lives. */
export type LocalServerFixture = [
  make: (context: object, provide: (server: LocalServer) => Promise<void>) => Promise<void>,
  options: { scope: "file" | "test" },
];

/**
 * A local server as a fixture for `test.extend` of Vitest. It runs sandboxes as plain processes unless `driver` says otherwise,
 * since tests run what they wrote themselves. After the last test it fails when a stream was left open or a fault never struck
 * its `times`, and then closes.
 */
export function localServer(options: LocalServerFixtureOptions = {}): LocalServerFixture {
  const { scope = "file", ...serverOptions } = options;
  return [
    // Vitest reads from the first parameter's pattern which other fixtures are needed: none.
    // oxlint-disable-next-line eslint/no-empty-pattern
    async ({}, provide) => {
      const server = await createLocalServer({ driver: "process", ...serverOptions });
      try {
        await provide(server);
        await expectNoConnections(server);
        const unused = server.faults.active().filter((name) => !Object.hasOwn(serverOptions.faults ?? {}, name));
        if (unused.length > 0) throw new Error(`Faults were set and are still waiting to strike: ${unused.join(", ")}. Clear them when a test is done with them.`);
      } finally {
        await server.close();
      }
    },
    { scope },
  ];
}
