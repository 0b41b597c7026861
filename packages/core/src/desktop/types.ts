import type { CallOptions } from "../options.js";

/** A point on the screen in pixels, from the top left. */
export interface Point {
  x: number;
  y: number;
}

/** A part of the screen in pixels. */
export interface Region extends Point {
  width: number;
  height: number;
}

/** A window on the screen. Contract 6.7. */
export interface DesktopWindow extends Region {
  id: string;
  title: string;
  isFocused: boolean;
  [member: string]: unknown;
}

/** Screen, mouse and keyboard of a running computer with a desktop; others answer 409. Input is never retried. Contract 6.7. */
export interface Desktop {
  /** A PNG of the screen, or of a part of it. `GET /computers/:id/desktop/screenshot`, `POST …/screenshot/region`. */
  screenshot(id: string, options?: CallOptions & { region?: Region }): Promise<Uint8Array<ArrayBuffer>>;
  /** Clicks. @default the left button. `POST /computers/:id/desktop/click`. */
  click(id: string, at: Point & { button?: "left" | "right" | "middle" }, options?: CallOptions): Promise<void>;
  /** `POST /computers/:id/desktop/double-click`. */
  doubleClick(id: string, at: Point, options?: CallOptions): Promise<void>;
  /** Moves the pointer. `POST /computers/:id/desktop/move`. */
  move(id: string, to: Point, options?: CallOptions): Promise<void>;
  /** Drags with the left button. `POST /computers/:id/desktop/drag`. */
  drag(id: string, way: { from: Point; to: Point }, options?: CallOptions): Promise<void>;
  /** Types text, with a pause between keys if given, in milliseconds. `POST /computers/:id/desktop/type`. */
  type(id: string, text: string, options?: CallOptions & { delayMs?: number }): Promise<void>;
  /** Presses a key or combination by its X11 names, such as `Return` or `ctrl+c`. `POST /computers/:id/desktop/key`. */
  key(id: string, key: string, options?: CallOptions): Promise<void>;
  /** Turns the wheel. @default 3 clicks. `POST /computers/:id/desktop/scroll`. */
  scroll(
    id: string,
    wheel: { direction: "up" | "down" | "left" | "right"; clicks?: number; at?: Point },
    options?: CallOptions,
  ): Promise<void>;
  /** Lets the computer wait, in milliseconds: between two inputs. `POST /computers/:id/desktop/wait`. */
  wait(id: string, durationMs: number, options?: CallOptions): Promise<void>;
  /** `GET /computers/:id/desktop/windows`. */
  windows(id: string, options?: CallOptions): Promise<DesktopWindow[]>;
  /** Brings a window to the front. `POST /computers/:id/desktop/window/focus`. */
  focusWindow(id: string, windowId: string | number, options?: CallOptions): Promise<void>;
  /** Where the pointer is. `GET /computers/:id/desktop/cursor`. */
  cursor(id: string, options?: CallOptions): Promise<Point>;
  /** Starts an app by its name. `POST /computers/:id/desktop/launch`. */
  launch(id: string, app: string, options?: CallOptions): Promise<void>;
}
