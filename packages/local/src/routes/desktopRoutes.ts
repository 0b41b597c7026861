import { desktopRoutes as routes } from "@miosa/protocol";
import { createDesktops } from "../desktop/createDesktops.js";
import {
  buttons,
  pieceLength,
  piecesOf,
  readApp,
  readButton,
  readKey,
  readPoint,
  numbersOf,
  readRegion,
  readScaledRegion,
  readScroll,
  readTyping,
  readWait,
  readWindowId,
  unknownKey,
} from "../desktop/desktopFields.js";
import { listWindowIds, listWindows, readCursor } from "../desktop/listWindows.js";
import { HttpProblem, validationProblem } from "../http/httpProblem.js";
import type { LocalContext } from "../http/localEnv.js";
import { jsonObject } from "../http/requestBody.js";
import { whileConnected } from "../http/whileConnected.js";
import type { SandboxRecord } from "../sandboxes/sandboxRecord.js";
import { sleep } from "../timers.js";
import { type LocalRoute, namedRecord, type RouteParts, runningBox, untilStopped } from "./localRoute.js";

/** One input: the arguments of xdotool. */
type ReadInput = (body: Readonly<Record<string, unknown>>) => readonly (string | number)[];

/** Gives the keyboard back to the window under the pointer, which a call to focus a window has taken from it. */
const unfocus = ["search", "--maxdepth", "0", "--name", "", "windowfocus"] as const;

const pngStart = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

/** Prints nothing and ends at once; what it has started goes on. */
const launchScript = 'type -P -- "$1" >/dev/null || exit 127; setsid -- "$@" </dev/null >/dev/null 2>&1 &';

/** Screen, mouse and keyboard of a running computer. Contract 6.7. */
export function desktopRoutes(parts: RouteParts): LocalRoute[] {
  const desktops = createDesktops(parts);
  /** Input goes on when its client leaves: a button or key that is down must come up again. */
  const goOn = new AbortController().signal;

  function input(route: LocalRoute["route"], read: ReadInput): LocalRoute {
    return {
      route,
      async answer(context) {
        const record = namedRecord(context, parts);
        const argv = ["xdotool", ...read(jsonObject(context)).map(String)] as const;
        runningBox(record, parts);
        await desktops.inTurn(record, async () => void (await desktops.run(record, { argv: [...argv], signal: goOn })));
        return acknowledge(context);
      },
    };
  }

  async function ask<Answer>(context: LocalContext, look: (record: SandboxRecord, signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
    const record = namedRecord(context, parts);
    runningBox(record, parts);
    return whileConnected(context, [], async (signal) => look(record, signal));
  }

  async function screenshot(context: LocalContext, geometry: readonly string[]): Promise<Response> {
    const { stdout } = await ask(context, (record, signal) => desktops.run(record, { argv: ["maim", ...geometry], signal }));
    if (!stdout.subarray(0, 4).equals(pngStart)) throw new HttpProblem("AGENT_UNAVAILABLE", "The computer's maim took no PNG.");
    return new Response(new Uint8Array(stdout), { headers: { "content-type": "image/png", "cache-control": "no-store", "x-content-type-options": "nosniff" } });
  }

  async function type(context: LocalContext): Promise<Response> {
    const { text, delayMs } = readTyping(jsonObject(context));
    await ask(context, (record, left) =>
      desktops.inTurn(record, async () => {
        for (const piece of piecesOf(text, delayMs)) {
          left.throwIfAborted();
          const argv = ["xdotool", "type", "--delay", String(piece.delayMs), "--file", "-"] as const;
          await desktops.run(record, { argv: [...argv], input: piece.text, timeoutMs: 15_000 + pieceLength * piece.delayMs, signal: goOn });
        }
      }),
    );
    return acknowledge(context);
  }

  async function key(context: LocalContext): Promise<Response> {
    const keys = readKey(jsonObject(context));
    const record = namedRecord(context, parts);
    runningBox(record, parts);
    await desktops.inTurn(record, async () => {
      const { stderr } = await desktops.run(record, { argv: ["xdotool", "key", keys], signal: goOn });
      if (stderr.includes("No such key name")) throw unknownKey();
    });
    return acknowledge(context);
  }

  async function wait(context: LocalContext): Promise<Response> {
    const durationMs = readWait(jsonObject(context));
    await ask(context, async (record, left) => {
      const stopped = untilStopped(record, parts);
      try {
        await sleep(durationMs, AbortSignal.any([left, stopped.signal]));
      } finally {
        stopped.callOff();
      }
    });
    return acknowledge(context);
  }

  async function focusWindow(context: LocalContext): Promise<Response> {
    const id = readWindowId(jsonObject(context));
    const record = namedRecord(context, parts);
    runningBox(record, parts);
    await desktops.inTurn(record, async () => {
      const isThere = (await listWindowIds(desktops, record, goOn)).includes(id);
      const { exitCode } = isThere ? await desktops.run(record, { argv: ["xdotool", "windowraise", id, "windowfocus", id], signal: goOn, mayFail: true }) : { exitCode: 1 };
      if (exitCode !== 0) throw validationProblem({ window_id: ["names no window that is on the screen"] });
    });
    return acknowledge(context);
  }

  async function launch(context: LocalContext): Promise<Response> {
    const words = readApp(jsonObject(context));
    await ask(context, async (record, signal) => {
      const { exitCode } = await desktops.run(record, { argv: ["bash", "-c", launchScript, "launch", ...words], signal, mayFail: true });
      if (exitCode === 127) throw validationProblem({ app: ["is not installed in the computer"] });
    });
    return acknowledge(context);
  }

  const click: ReadInput = (body) => [...unfocus, ...moveTo(body), "click", readButton(body)];
  return [
    { route: routes.screenshot, answer: (context) => screenshot(context, []) },
    { route: routes.screenshotRegion, answer: (context) => screenshot(context, geometryOf(readRegion(jsonObject(context)))) },
    // Older clients' ways to a part of the screen. Contract 6.7.
    { route: { ...routes.screenshotRegion, path: "/computers/:id/screenshot-region" }, answer: (context) => screenshot(context, geometryOf(readRegion(jsonObject(context)))) },
    { route: { ...routes.screenshot, path: "/computers/:id/desktop/screenshot/region" }, answer: (context) => screenshot(context, geometryOf(readRegion(numbersOf(context.req.query())))) },
    {
      route: { ...routes.screenshot, path: "/computers/:id/screenshot" },
      answer(context) {
        const region = readScaledRegion(context.req.query());
        return screenshot(context, region ? geometryOf(region) : []);
      },
    },
    input(routes.click, click),
    input(routes.doubleClick, (body) => [...unfocus, ...moveTo(body), "click", "--repeat", 2, "--delay", 50, buttons.left]),
    // A route that only the first SDK calls; ours clicks with a button instead.
    input({ ...routes.click, path: "/computers/:id/desktop/right-click" }, (body) => click({ ...body, button: "right" })),
    input(routes.move, moveTo),
    input(routes.drag, (body) => {
      const [from, to] = [readPoint(body, ["from_x", "from_y"]), readPoint(body, ["to_x", "to_y"])];
      const half = [Math.floor((from.x + to.x) / 2), Math.floor((from.y + to.y) / 2)]; // programs tell a drag by its motion
      return [...unfocus, "mousemove", from.x, from.y, "mousedown", 1, "mousemove", ...half, "mousemove", to.x, to.y, "mouseup", 1];
    }),
    input(routes.scroll, (body) => {
      const { button, clicks, at } = readScroll(body);
      return [...(at ? ["mousemove", at.x, at.y] : []), "click", "--repeat", clicks, "--delay", 10, button];
    }),
    { route: routes.type, answer: type },
    { route: routes.key, answer: key },
    { route: routes.wait, answer: wait },
    { route: routes.focusWindow, answer: focusWindow },
    { route: routes.launch, answer: launch },
    {
      route: routes.windows,
      async answer(context) {
        const windows = await ask(context, (record, signal) => listWindows(desktops, record, signal));
        return context.json({ windows, data: windows });
      },
    },
    { route: routes.cursor, answer: async (context) => context.json(await ask(context, (record, signal) => readCursor(desktops, record, signal))) },
  ];
}

function geometryOf({ x, y, width, height }: ReturnType<typeof readRegion>): readonly string[] {
  return ["--geometry", `${width}x${height}+${x}+${y}`];
}

function moveTo(body: Readonly<Record<string, unknown>>): readonly (string | number)[] {
  const { x, y } = readPoint(body);
  return ["mousemove", x, y];
}

/** Both readings of an acknowledgement. Contract 9. */
function acknowledge(context: LocalContext): Response {
  return context.json({ success: true, ok: true });
}
