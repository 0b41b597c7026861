import { desktopRoutes, type Route } from "@miosa/protocol";
import { runTool } from "../desktop/runTool.js";
import { HttpProblem } from "../http/httpProblem.js";
import { whileConnected } from "../http/whileConnected.js";
import { type LocalRoute, namedRecord, type RouteParts, runningBox } from "./localRoute.js";

/** What would show a computer's screen live, which this server cannot. Contract 6.3. */
const live: readonly (readonly [Route["method"], string])[] = [
  ["GET", "vnc-credentials"],
  ["POST", "stream-token"],
  ["GET", "viewer-password"],
  ["POST", "viewer-password/rotate"],
  ["GET", "embed"],
];

/** Lists the programs that have an entry in the desktop's menu. */
const script = 'cd /usr/share/applications 2>/dev/null || exit 0; for file in *.desktop; do [ -f "$file" ] && printf "%s\\n" "${file%.desktop}"; done';

/** Watching a computer's screen, and what can be launched on it. */
export function viewerRoutes(parts: RouteParts): LocalRoute[] {
  return [
    {
      route: { ...desktopRoutes.windows, path: "/computers/:id/apps" },
      async answer(context) {
        const box = runningBox(namedRecord(context, parts), parts);
        const { stdout } = await whileConnected(context, [], (signal) => runTool(box, { argv: ["bash", "-c", script], signal }));
        const apps = stdout.toString().split("\n").filter(Boolean).map((name) => ({ name }));
        return context.json({ apps, data: apps });
      },
    },
    ...live.map(([method, name]): LocalRoute => ({
      route: { ...desktopRoutes.windows, method, path: `/computers/:id/${name}` },
      answer(context) {
        namedRecord(context, parts);
        throw new HttpProblem("DESKTOP_UNAVAILABLE", "This server shows no screen live. Take screenshots of the desktop instead.");
      },
    })),
  ];
}
