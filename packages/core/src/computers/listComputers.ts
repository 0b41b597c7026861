import type { RouteName } from "@miosa/protocol";
import { invalidArgument, TimeoutError } from "../errors.js";
import { listPages } from "../http/listPages.js";
import type { Query, Transport } from "../http/transport.js";
import type { CallOptions } from "../options.js";
import { requireNumber, requireObject, requireOneOf } from "../requireArguments.js";
import { createDeadline } from "../timers.js";
import { computerFromWire, computerStates } from "./computerFromWire.js";
import type { Attribution, Computer, EachOptions, ListSandboxesFilter } from "./types.js";

/** Routes that list computers, by either of their names. */
type ListRoute = Extract<RouteName, "GET /computers" | "GET /sandboxes">;

const envelopes = ["computers", "sandboxes", "items"];

/** Every computer that the credential sees, newest first, over all pages and under one deadline. */
export async function listAllComputers(
  transport: Transport,
  query: Query,
  options: CallOptions = {},
  route: ListRoute = "GET /computers",
): Promise<Computer[]> {
  const { timeoutMs = transport.timeoutMs, signal } = options;
  requireNumber("timeoutMs", timeoutMs, 0);
  const deadline = createDeadline(timeoutMs, signal);
  const computers: Computer[] = [];
  try {
    const pages = listPages(transport, route, envelopes, query, { ...options, timeoutMs, signal: deadline.signal });
    for await (const items of pages) for (const item of items) computers.push(computerFromWire(item));
    return computers;
  } catch (error) {
    if (deadline.expired) throw new TimeoutError(`${route} did not finish within ${timeoutMs} ms.`, { code: "TIMEOUT" });
    throw error;
  } finally {
    deadline.dispose();
  }
}

/** The same one by one; the next page is fetched when it is needed. Leaving the loop asks for no more. */
export async function* eachComputer(
  transport: Transport,
  filter: ListSandboxesFilter,
  { pageSize = 100, ...options }: EachOptions = {},
  route: ListRoute = "GET /computers",
): AsyncGenerator<Computer, void, void> {
  requireNumber("pageSize", pageSize, 1, 100);
  const query = { ...filterQuery(filter), page: 1, page_size: pageSize, per_page: pageSize };
  for await (const items of listPages(transport, route, envelopes, query, options)) {
    for (const item of items) {
      const computer = computerFromWire(item);
      if (matchesFilter(computer, filter)) yield computer;
    }
  }
}

/** The part of a filter that servers know. */
export function filterQuery(filter: ListSandboxesFilter): Query {
  requireObject("filter", filter);
  for (const [name, value] of Object.entries(filter)) {
    if (name.startsWith("external") && typeof (value ?? "") !== "string") throw invalidArgument(`${name} must be a string.`);
  }
  for (const state of [filter.state].flat()) requireOneOf("state", state, [...computerStates, "unknown"]);
  return {
    external_workspace_id: filter.externalWorkspaceId,
    external_user_id: filter.externalUserId,
    external_project_id: filter.externalProjectId,
  };
}

/** What filters look at. */
type Filtered = { [Member in "state" | keyof Attribution]?: Computer[Member] | undefined };

/** True when a sandbox passes a list's filter. Servers filter too, where they can. */
export function matchesFilter(sandbox: Filtered, filter: ListSandboxesFilter): boolean {
  const states = filter.state === undefined ? undefined : [filter.state].flat();
  return (
    (filter.externalWorkspaceId === undefined || sandbox.externalWorkspaceId === filter.externalWorkspaceId) &&
    (filter.externalUserId === undefined || sandbox.externalUserId === filter.externalUserId) &&
    (filter.externalProjectId === undefined || sandbox.externalProjectId === filter.externalProjectId) &&
    (states === undefined || (sandbox.state !== undefined && states.includes(sandbox.state)))
  );
}
