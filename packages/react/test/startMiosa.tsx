import { createMiosaClient, type MiosaClient, type MiosaClientOptions } from "@miosa/core";
import { createLocalServer, type LocalServer, type LocalServerOptions } from "@miosa/local";
import { expectNoConnections } from "@miosa/local/testing";
import { MiosaProvider } from "@miosa/react";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, configure } from "@testing-library/react";
import { type ReactElement, type ReactNode, StrictMode } from "react";
import { onTestFinished } from "vitest";
import { patienceMs } from "../../../test/patience.js";

// Sandboxes really boot here: on a busy machine that takes longer than the library's default of a second.
configure({ asyncUtilTimeout: patienceMs });

/** A running local server, a client for it, and the providers to wrap a component with. */
export interface TestMiosa {
  server: LocalServer;
  client: MiosaClient;
  queryClient: QueryClient;
  /** Providers without StrictMode, where a test counts renders or requests. */
  Plain: (props: { children: ReactNode }) => ReactElement;
  /** The same in StrictMode, as in a new React app. */
  Strict: (props: { children: ReactNode }) => ReactElement;
}

/** A client for a local server, with the server's own key unless told otherwise. */
export function clientFor(server: LocalServer, options: MiosaClientOptions = {}): MiosaClient {
  return createMiosaClient({
    apiKey: server.apiKey,
    baseUrl: server.baseUrl,
    dangerouslyAllowApiKeyInBrowser: true,
    retries: 0,
    ...options,
  });
}

/** Starts everything; at the end of the test unmounts, and fails the test when a stream is still open at the server. */
export async function startMiosa(options: LocalServerOptions & { client?: MiosaClientOptions } = {}): Promise<TestMiosa> {
  const { client: clientOptions, ...serverOptions } = options;
  const server = await createLocalServer(serverOptions);
  const client = clientFor(server, clientOptions);
  const queryClient = new QueryClient();
  onTestFinished(async () => {
    cleanup();
    queryClient.clear();
    try {
      await expectNoConnections(server);
    } finally {
      await server.close();
    }
  });
  function Plain({ children }: { children: ReactNode }): ReactElement {
    return (
      <QueryClientProvider client={queryClient}>
        <MiosaProvider client={client}>{children}</MiosaProvider>
      </QueryClientProvider>
    );
  }
  function Strict({ children }: { children: ReactNode }): ReactElement {
    return (
      <StrictMode>
        <Plain>{children}</Plain>
      </StrictMode>
    );
  }
  return { server, client, queryClient, Plain, Strict };
}
