import { computerRoutes, sandboxTemplate } from "@miosa/protocol";
import { HttpProblem } from "../http/httpProblem.js";
import { sizes } from "../sandboxes/sandboxRecord.js";
import type { LocalRoute } from "./localRoute.js";

/** The two things that this server can make. */
const templates = [
  { id: sandboxTemplate, name: "Sandbox", category: "code", product: "sandbox", workdir: "/workspace", preview_port: 3_000 },
  { id: "miosa-desktop", name: "Desktop", category: "desktop", product: "computer", workdir: "/home/user", preview_port: null },
] as const;

/** What sandboxes and computers can be made from. Contract 4.18. */
export function templateRoutes(): LocalRoute[] {
  const { vcpus, memory_mb: memoryMb, disk_size_mb: diskMb } = sizes.small;
  const rows = templates.map((template) => ({
    ...template,
    image_id: null,
    cpu_count: vcpus,
    memory_mb: memoryMb,
    disk_mb: diskMb,
    install_command: null,
    start_command: null,
    readiness_probe: null,
  }));
  return [
    {
      route: { ...computerRoutes.get, path: "/sandbox-templates" },
      answer: (context) => context.json({ default_template_id: sandboxTemplate, data: rows }),
    },
    {
      route: { ...computerRoutes.get, path: "/sandbox-templates/:template" },
      answer(context) {
        const row = rows.find(({ id }) => id === context.req.param("template"));
        if (!row) throw new HttpProblem("NOT_FOUND", "There is no such template.");
        return context.json(row);
      },
    },
    {
      route: { ...computerRoutes.get, path: "/templates" },
      answer(context) {
        const ready = { state: "fast_ready", fast_ready: true, ready_nodes: 1, checked_nodes: 1 };
        return context.json({
          templates: templates.map(({ id, product }) => ({ id, product, default_size: "small", sizes: Object.keys(sizes).map((size) => ({ size, ...ready })) })),
          shape_contracts: sizes,
          readiness_states: ["fast_ready", "cold_boot_only", "missing"],
        });
      },
    },
  ];
}
