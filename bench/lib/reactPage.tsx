// The page that bench/react.ts measures: a thousand cards, in three ways.
import { createMiosaClient } from "@miosa/core";
import { MiosaProvider, useSandbox, useSandboxes } from "@miosa/react";
import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { createContext, memo, Profiler, type ReactElement, type ReactNode, useContext, useEffect, useState } from "react";
import { createRoot, type Root } from "react-dom/profiling";

/** How a page gets its sandboxes. */
export type PageWay = "hooks" | "polling" | "context";

/** What the page counted since it was last asked. */
export interface PageCounts {
  /** Renders of a card, by sandbox. */
  cards: Record<string, number>;
  /** Renders of anything else that the way of the page is made of. */
  others: number;
  /** Render time of each commit, in milliseconds. */
  commitsMs: number[];
}

/** What the page does when told to. */
export interface ReactPage {
  mount(way: PageWay, pollMs: number): void;
  unmount(): Promise<void>;
  /** How many cards show this state. */
  showing(state: string): number;
  take(): PageCounts;
}

declare global {
  var reactPage: ReactPage;
}

interface Row {
  id: string;
  name: string | null;
  status: string;
}

let counts: PageCounts = { cards: {}, others: 0, commitsMs: [] };

function countCard(id: string): void {
  counts.cards[id] = (counts.cards[id] ?? 0) + 1;
}

function countOther(): void {
  counts.others += 1;
}

function Face({ row }: { row: Row | undefined }): ReactElement {
  countCard(row?.id ?? "");
  return (
    <li data-state={row?.status}>
      <b>{row?.name}</b> <i>{row?.status}</i>
    </li>
  );
}

const client = createMiosaClient({ baseUrl: window.location.origin });

const HookCard = memo(function HookCard({ id }: { id: string }): ReactElement {
  return <Face row={useSandbox(id, { query: { staleTime: Infinity } }).data} />;
});

function HookList(): ReactElement {
  const { data: ids = [] } = useSandboxes({}, { query: { select: (rows) => rows.map((row) => row.id) } });
  countOther();
  return <ul>{ids.map((id) => <HookCard key={id} id={id} />)}</ul>;
}

const PlainCard = memo(Face);

function PollingList({ pollMs }: { pollMs: number }): ReactElement {
  const { data: rows = [] } = useQuery({ queryKey: ["computers"], queryFn: fetchRows, refetchInterval: pollMs });
  countOther();
  return <ul>{rows.map((row) => <PlainCard key={row.id} row={row} />)}</ul>;
}

const RowsContext = createContext<readonly Row[]>([]);

function ContextProvider({ children }: { children: ReactNode }): ReactElement {
  const [rows, setRows] = useState<readonly Row[]>([]);
  useEffect(() => {
    const source = new EventSource("/events/stream");
    for (const state of ["running", "paused"]) {
      source.addEventListener(`sandbox.${state}`, (event) => {
        const told: unknown = JSON.parse(String(event.data));
        if (!isRow(told)) throw new Error("The event is not about a sandbox");
        const { id, status } = told;
        setRows((before) => before.map((row) => (row.id === id ? { ...row, status } : row)));
      });
    }
    void fetchRows().then(setRows);
    return () => source.close();
  }, []);
  return <RowsContext value={rows}>{children}</RowsContext>;
}

function ContextCard({ id }: { id: string }): ReactElement {
  return <Face row={useContext(RowsContext).find((row) => row.id === id)} />;
}

function ContextList(): ReactElement {
  countOther();
  return <ul>{useContext(RowsContext).map(({ id }) => <ContextCard key={id} id={id} />)}</ul>;
}

async function fetchRows(): Promise<Row[]> {
  const reply: unknown = await (await fetch("/computers")).json();
  const rows: unknown = typeof reply === "object" && reply !== null && "computers" in reply ? reply.computers : undefined;
  if (!Array.isArray(rows) || !rows.every(isRow)) throw new Error("The server did not list its sandboxes");
  return rows;
}

function isRow(value: unknown): value is Row {
  return typeof value === "object" && value !== null && "id" in value && "status" in value;
}

function pageOf(way: PageWay, pollMs: number): ReactElement {
  switch (way) {
    case "hooks":
      return (
        <MiosaProvider client={client}>
          <HookList />
        </MiosaProvider>
      );
    case "polling":
      return <PollingList pollMs={pollMs} />;
    case "context":
      return (
        <ContextProvider>
          <ContextList />
        </ContextProvider>
      );
  }
}

let root: Root | undefined;
const queryClient = new QueryClient();

globalThis.reactPage = {
  mount(way, pollMs) {
    const container = document.getElementById("root");
    if (!container) throw new Error("The page has no root");
    root = createRoot(container);
    root.render(
      <QueryClientProvider client={queryClient}>
        <Profiler id="page" onRender={(_id, _phase, actualMs) => void counts.commitsMs.push(actualMs)}>
          {pageOf(way, pollMs)}
        </Profiler>
      </QueryClientProvider>,
    );
  },
  async unmount() {
    root?.unmount();
    queryClient.clear();
    counts = { cards: {}, others: 0, commitsMs: [] };
    await new Promise((resolve) => setTimeout(resolve, 50));
  },
  showing: (state) => document.querySelectorAll(`[data-state="${state}"]`).length,
  take() {
    const taken = counts;
    counts = { cards: {}, others: 0, commitsMs: [] };
    return taken;
  },
};
