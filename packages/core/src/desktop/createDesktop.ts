import { ApiError, invalidArgument, ProtocolError } from "../errors.js";
import { asNumber, asString, isRecord } from "../guards.js";
import type { Transport } from "../http/transport.js";
import type { CallOptions } from "../options.js";
import { requireNumber, requireObject, requireOneOf, requireString } from "../requireArguments.js";
import { camelize, unwrapMany, unwrapOne } from "../wire.js";
import type { Desktop, DesktopWindow, Point } from "./types.js";

/** The last part of an input route. */
type Input = "click" | "double-click" | "move" | "drag" | "type" | "key" | "scroll" | "wait" | "window/focus" | "launch";

/** The `desktop` namespace over a transport. Where servers read a field by different names, all of them are sent. */
export function createDesktop(transport: Transport): Desktop {
  async function input(id: string, name: Input, body: object, options: CallOptions | undefined): Promise<void> {
    const reply = await transport.call(`POST /computers/:id/desktop/${name}`, { params: { id }, body, retry: false, options });
    if (!isRecord(reply) || (reply["success"] !== false && reply["ok"] !== false)) return;
    const reason = asString(reply["message"]) ?? asString(reply["error"]) ?? "no reason given";
    throw new ApiError(`The computer did not do the ${name}: ${reason}`, { code: asString(reply["code"]) ?? "DESKTOP_FAILED", sandboxId: id, details: reply });
  }
  return {
    async screenshot(id, { region, ...options } = {}) {
      const init = { params: { id }, answer: "bytes", retry: region === undefined, options } as const;
      if (region) for (const side of ["x", "y", "width", "height"] as const) requireNumber(`region.${side}`, region[side], 0);
      const bytes = region
        ? await transport.call("POST /computers/:id/desktop/screenshot/region", { ...init, body: region })
        : await transport.call("GET /computers/:id/desktop/screenshot", init);
      return bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : new Uint8Array();
    },
    async click(id, at, options) {
      const point = pointOf(at);
      requireOneOf("button", at.button, ["left", "right", "middle"]);
      await input(id, "click", { ...point, button: at.button }, options);
    },
    doubleClick: async (id, at, options) => input(id, "double-click", pointOf(at), options),
    move: async (id, to, options) => input(id, "move", pointOf(to), options),
    async drag(id, way, options) {
      requireObject("way", way);
      const [start, end] = [pointOf(way.from), pointOf(way.to)];
      await input(id, "drag", { from_x: start.x, from_y: start.y, to_x: end.x, to_y: end.y }, options);
    },
    async type(id, text, { delayMs, ...options } = {}) {
      if (typeof text !== "string") throw invalidArgument("text must be a string.");
      if (delayMs !== undefined) requireNumber("delayMs", delayMs, 0);
      await input(id, "type", { text, delay: delayMs }, options);
    },
    async key(id, key, options) {
      requireString("key", key);
      await input(id, "key", { key }, options);
    },
    async scroll(id, wheel, options) {
      requireObject("wheel", wheel);
      const { direction, clicks = 3, at } = wheel;
      requireOneOf("direction", direction ?? null, ["up", "down", "left", "right"]);
      requireNumber("clicks", clicks, 1);
      await input(id, "scroll", { ...(at && pointOf(at)), direction, clicks, amount: clicks }, options);
    },
    async wait(id, durationMs, options) {
      requireNumber("durationMs", durationMs, 0);
      await input(id, "wait", { ms: durationMs, seconds: durationMs / 1000 }, options);
    },
    async windows(id, options) {
      const reply = await transport.call("GET /computers/:id/desktop/windows", { params: { id }, options });
      return unwrapMany(reply, "windows").items.map(windowFromWire);
    },
    async focusWindow(id, windowId, options) {
      if (typeof windowId !== "number") requireString("windowId", windowId);
      await input(id, "window/focus", { window_id: windowId }, options);
    },
    async cursor(id, options) {
      const { x, y } = unwrapOne(await transport.call("GET /computers/:id/desktop/cursor", { params: { id }, options }), "cursor");
      if (typeof x === "number" && typeof y === "number") return { x, y };
      throw new ProtocolError("The server sent no cursor position.", { code: "INVALID_RESPONSE", sandboxId: id });
    },
    async launch(id, app, options) {
      requireString("app", app);
      await input(id, "launch", { app, app_name: app }, options);
    },
  };
}

function pointOf(point: Point): Point {
  if (!isRecord(point)) throw invalidArgument("A point { x, y } in pixels is missing.");
  requireNumber("x", point.x, 0);
  requireNumber("y", point.y, 0);
  return { x: point.x, y: point.y };
}

function windowFromWire(wire: Record<string, unknown>): DesktopWindow {
  return {
    ...camelize(wire),
    id: String(wire["id"]),
    title: asString(wire["title"]) ?? "",
    x: asNumber(wire["x"]) ?? 0,
    y: asNumber(wire["y"]) ?? 0,
    width: asNumber(wire["width"]) ?? 0,
    height: asNumber(wire["height"]) ?? 0,
    isFocused: wire["is_focused"] === true || wire["focused"] === true,
  };
}
