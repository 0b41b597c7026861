import { execRoutes } from "@miosa/protocol";
import type { OpenedSocket, SocketRoute } from "../http/upgrades.js";
import type { RouteParts } from "../routes/localRoute.js";
import { runSocket } from "./execSocket.js";
import { binaryWire, closeCodeWire, type ExecWire, spawnWire, terminalWire } from "./execWires.js";

/** The WebSockets that run commands. Contract 4.16 and 6.5. */
export function execSocketRoutes(parts: RouteParts): SocketRoute[] {
  const route = (path: SocketRoute["path"], wire: ExecWire): SocketRoute => ({
    path,
    permission: "exec",
    ...(wire.protocol !== undefined && { protocol: wire.protocol }),
    open: (opened) => runSocket(opened, wire, parts),
  });
  return [
    route(execRoutes.spawn.path, binaryWire),
    route("/computers/:id/exec/ws", closeCodeWire),
    route("/computers/:id/exec/spawn", spawnWire),
    { ...route("/sandboxes/:id/terminal/stream", terminalWire), open: (opened) => runTerminal(opened, parts) },
    { ...route("/computers/:id/terminal/stream", terminalWire), open: (opened) => runTerminal(opened, parts) },
  ];
}

/** A terminal of a session, or without one a new bash. */
async function runTerminal(opened: OpenedSocket, parts: RouteParts): Promise<void> {
  const id = opened.query.get("session_id");
  if (id === null) return runSocket(opened, terminalWire, parts);
  const session = parts.terminals.get(opened.record, id);
  if (!session) return opened.socket.close(1008, "There is no such terminal.");
  return runSocket(opened, terminalWire, parts, { start: session.start(), ended: session.ended.signal, onStarted: session.connect });
}
