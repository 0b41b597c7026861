import { HttpProblem } from "../http/httpProblem.js";
import type { SandboxRecord } from "../sandboxes/sandboxRecord.js";
import type { Desktops } from "./createDesktops.js";
import type { Point } from "./desktopFields.js";

/** A window as the API shows it. Contract 6.7. */
export interface WireWindow extends Point {
  readonly id: string;
  readonly title: string;
  readonly width: number;
  readonly height: number;
  readonly focused: boolean;
  readonly is_focused: boolean;
}

/** More windows than this are not looked at. */
const maxWindows = 200;

/** Finds the root window and all that lie on it, the lowest first. */
const search = ["search", "--onlyvisible", "--maxdepth", "1", "--name", ""] as const;

/** The numbers of the windows on a screen, the lowest first. */
export async function listWindowIds(desktops: Desktops, record: SandboxRecord, signal: AbortSignal): Promise<readonly string[]> {
  const { stdout } = await desktops.run(record, { argv: ["xdotool", ...search], signal });
  const [, ...ids] = stdout.toString().split("\n").filter((line) => /^\d+$/.test(line)); // the first is the root
  return ids.slice(0, maxWindows);
}

/** The windows on a screen, the topmost first. */
export async function listWindows(desktops: Desktops, record: SandboxRecord, signal: AbortSignal): Promise<readonly WireWindow[]> {
  const ids = await listWindowIds(desktops, record, signal);
  const found: Omit<WireWindow, "focused" | "is_focused">[] = [];
  for (const id of ids) {
    const { exitCode, stdout } = await desktops.run(record, { argv: ["xdotool", "getwindowgeometry", "--shell", id, "getwindowname", id], signal, mayFail: true });
    const [, x, y, width, height, title] = /^WINDOW=\d+\nX=(-?\d+)\nY=(-?\d+)\nWIDTH=(\d+)\nHEIGHT=(\d+)\nSCREEN=\d+\n([^]*)$/.exec(stdout.toString()) ?? [];
    if (exitCode !== 0 || title === undefined) continue; // it was closed meanwhile
    found.unshift({ id, title: title.replace(/\n$/, ""), x: Number(x), y: Number(y), width: Number(width), height: Number(height) });
  }
  const { stdout } = await desktops.run(record, { argv: ["xdotool", "getwindowfocus"], signal, mayFail: true });
  const named = stdout.toString().trim();
  const pointer = await readCursor(desktops, record, signal);
  // Unless one was chosen, the window under the pointer has the keyboard.
  const focused = found.find(({ id }) => id === named) ?? found.find((window) => lies(pointer, window));
  return found.map((window) => ({ ...window, focused: window === focused, is_focused: window === focused }));
}

/** Where the pointer is. */
export async function readCursor(desktops: Desktops, record: SandboxRecord, signal: AbortSignal): Promise<Point> {
  const { stdout } = await desktops.run(record, { argv: ["xdotool", "getmouselocation", "--shell"], signal });
  const [, x, y] = /^X=(\d+)\nY=(\d+)\n/.exec(stdout.toString()) ?? [];
  if (x === undefined || y === undefined) throw new HttpProblem("AGENT_UNAVAILABLE", "The computer's xdotool did not say where the pointer is.");
  return { x: Number(x), y: Number(y) };
}

function lies({ x, y }: Point, window: Point & { readonly width: number; readonly height: number }): boolean {
  return x >= window.x && y >= window.y && x < window.x + window.width && y < window.y + window.height;
}
