"use client";

import type { MiosaClient } from "@miosa/core";
import type { QueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { forgetSandboxes } from "./sandboxCache.js";

/** Drops what another client put into the cache: it may belong to someone else. What is on the page is asked for again. */
export function useForgetOtherClients(client: MiosaClient, queryClient: QueryClient): void {
  const used = useRef(client);
  useEffect(() => {
    if (used.current === client) return;
    used.current = client;
    void forgetSandboxes(queryClient);
  }, [client, queryClient]);
}
