import { desktopRoutes } from "@miosa/protocol";
import { runTool } from "../desktop/runTool.js";
import { whileConnected } from "../http/whileConnected.js";
import { type LocalRoute, namedRecord, type RouteParts, runningBox } from "./localRoute.js";

/** Lists the programs that have an entry in the desktop's menu. */
const script = 'cd /usr/share/applications 2>/dev/null || exit 0; for file in *.desktop; do [ -f "$file" ] && printf "%s\\n" "${file%.desktop}"; done';

/** What can be launched on a computer's screen. Contract 6.3. */
export function appRoutes(parts: RouteParts): LocalRoute[] {
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
  ];
}
