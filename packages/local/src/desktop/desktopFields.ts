import { HttpProblem, validationProblem } from "../http/httpProblem.js";
import { screenSize } from "./startDisplay.js";

type Body = Readonly<Record<string, unknown>>;

/** A place on the screen, in whole pixels from the top left. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Numbers of the mouse's buttons, as X counts them. The wheel's directions are buttons too. */
export const buttons = { left: 1, middle: 2, right: 3 } as const;
const wheel = { up: 4, down: 5, left: 6, right: 7 } as const;

/** Longest text and longest time for one `type`, in characters and milliseconds. */
const typing = { maxLength: 20_000, maxDelayMs: 1_000, maxMs: 120_000, usualDelayMs: 12 } as const;
/** Characters that are typed by one run of xdotool: a run that is broken off would leave a key held down. */
export const pieceLength = 40;

/** No key of the keyboard has these characters: xdotool lends them one for a moment, in which the program must look. */
const lentKeyMs = 80;

const maxWaitMs = 60_000;
const maxClicks = 100;

/** Reads the members of a body that name a point on the screen. A fraction of a pixel counts as the pixel it lies in. */
export function readPoint(body: Body, names: readonly [x: string, y: string] = ["x", "y"]): Point {
  const x = readNumber(body, names[0], 0, screenSize.width, "below");
  return { x: Math.floor(x), y: Math.floor(readNumber(body, names[1], 0, screenSize.height, "below")) };
}

/** Reads a part of the screen. */
export function readRegion(body: Body): Point & { readonly width: number; readonly height: number } {
  const { x, y } = readPoint(body);
  const width = Math.floor(readNumber(body, "width", 1, screenSize.width - x));
  return { x, y, width, height: Math.floor(readNumber(body, "height", 1, screenSize.height - y)) };
}

/** A part of the screen in thousandths of its sides, as the oldest clients name it, in pixels. */
export function readScaledRegion(query: Readonly<Record<string, string>>): ReturnType<typeof readRegion> | undefined {
  if (["x", "y", "width", "height"].every((name) => query[name] === undefined)) return undefined;
  const whole = 1_000;
  const side = (name: string, least: number, most: number, pixels: number): number => Math.floor((readNumber(numbersOf(query), name, least, most) * pixels) / whole);
  const x = side("x", 0, whole - 1, screenSize.width);
  const y = side("y", 0, whole - 1, screenSize.height);
  const [right, bottom] = [whole - Number(query["x"]), whole - Number(query["y"])];
  return { x, y, width: Math.max(1, side("width", 1, right, screenSize.width)), height: Math.max(1, side("height", 1, bottom, screenSize.height)) };
}

/** The members of a query that are numbers, as a body would have them. */
export function numbersOf(query: Readonly<Record<string, string>>): Body {
  return Object.fromEntries(Object.entries(query).map(([name, text]) => [name, text.trim() === "" ? Number.NaN : Number(text)]));
}

/** Reads which button to click with. */
export function readButton({ button }: Body): number {
  if (button === undefined || button === null) return buttons.left;
  if (button === "left" || button === "middle" || button === "right") return buttons[button];
  throw validationProblem({ button: ["must be left, middle or right"] });
}

/** Reads `{ text, delay? }`; the delay is in milliseconds. */
export function readTyping(body: Body): { readonly text: string; readonly delayMs: number } {
  const { text } = body;
  if (text === undefined) throw new HttpProblem("MISSING_PARAM", "text is required.");
  const delayMs = body["delay"] === undefined ? typing.usualDelayMs : readNumber(body, "delay", 0, typing.maxDelayMs);
  if (typeof text !== "string" || text.includes("\0") || text.length > typing.maxLength) {
    throw validationProblem({ text: [`must be a string of at most ${typing.maxLength} characters without NUL`] });
  }
  const wholeMs = piecesOf(text, delayMs).reduce((sum, piece) => sum + piece.text.length * piece.delayMs, 0);
  if (wholeMs > typing.maxMs) throw validationProblem({ text: [`would take more than ${typing.maxMs} ms to type`] });
  return { text, delayMs: Math.round(delayMs) };
}

/** A text in pieces that are typed one after the other, each with its delay between characters. */
export function piecesOf(text: string, delayMs: number): readonly { readonly text: string; readonly delayMs: number }[] {
  const pieces = text.match(new RegExp(`[\\t\\n -~]{1,${pieceLength}}|[^\\t\\n -~]{1,${pieceLength}}`, "gu")) ?? [];
  return pieces.map((piece) => ({ text: piece, delayMs: /^[\t\n -~]/.test(piece) ? delayMs : Math.max(delayMs, lentKeyMs) }));
}

/** Reads a key or a combination by X11 names, such as `Return` or `ctrl+c`. */
export function readKey({ key }: Body): string {
  if (key === undefined) throw new HttpProblem("MISSING_PARAM", "key is required.");
  if (typeof key === "string" && /^\w{1,40}(\+\w{1,40}){0,7}$/.test(key)) return key;
  throw unknownKey();
}

/** The problem of a key that no keyboard has. */
export function unknownKey(): HttpProblem {
  return validationProblem({ key: ["must be X11 key names joined by +, such as Return or ctrl+c"] });
}

/** Reads `{ direction?, clicks?, amount?, x?, y? }` in either reading of the API. */
export function readScroll(body: Body): { readonly button: number; readonly clicks: number; readonly at?: Point } {
  const { direction = "down" } = body;
  if (direction !== "up" && direction !== "down" && direction !== "left" && direction !== "right") {
    throw validationProblem({ direction: ["must be up, down, left or right"] });
  }
  const name = body["clicks"] === undefined && body["amount"] !== undefined ? "amount" : "clicks";
  const clicks = body[name] === undefined ? 3 : readNumber(body, name, 1, maxClicks);
  if (!Number.isInteger(clicks)) throw validationProblem({ [name]: ["must be a whole number"] });
  const isSomewhere = body["x"] !== undefined || body["y"] !== undefined;
  return { button: wheel[direction], clicks, ...(isSomewhere && { at: readPoint(body) }) };
}

/** Reads `{ ms }` or `{ seconds }`. Returns milliseconds. */
export function readWait(body: Body): number {
  if (body["ms"] === undefined && body["seconds"] !== undefined) return readNumber(body, "seconds", 0, maxWaitMs / 1_000) * 1_000;
  return readNumber(body, "ms", 0, maxWaitMs);
}

/** Reads a window's number, given as a number or as a string of one. */
export function readWindowId(body: Body): string {
  const id = body["window_id"];
  if (id === undefined) throw new HttpProblem("MISSING_PARAM", "window_id is required.");
  if (typeof id === "number" && Number.isSafeInteger(id) && id > 0) return String(id);
  if (typeof id === "string" && /^[1-9]\d{0,9}$/.test(id)) return id;
  throw validationProblem({ window_id: ["must be the number of a window, such as windows lists it"] });
}

/** Reads `{ app }` or `{ app_name }`: a program, and after it arguments that hold no blanks. */
export function readApp(body: Body): readonly string[] {
  const name = body["app"] === undefined ? "app_name" : "app";
  const app = body[name];
  if (app === undefined) throw new HttpProblem("MISSING_PARAM", "app is required.");
  const isText = typeof app === "string" && !app.includes("\0") && app.length <= 4_096;
  const words = isText ? app.split(/\s+/).filter(Boolean) : [];
  if (words.length === 0) throw validationProblem({ [name]: ["must be the name of a program"] });
  return words;
}

function readNumber(body: Body, name: string, least: number, most: number, limit: "below" | "upTo" = "upTo"): number {
  const value = body[name];
  if (value === undefined) throw new HttpProblem("MISSING_PARAM", `${name} is required.`);
  if (typeof value === "number" && value >= least && (limit === "below" ? value < most : value <= most)) return value;
  throw validationProblem({ [name]: [`must be a number from ${least} ${limit === "below" ? "to below" : "to"} ${most}`] });
}
