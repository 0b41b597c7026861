import { createGuardian } from "../src/drivers/guardian.js";

// Watches the groups that are given as +number, and calls off those that are then given as -number. Goes on until it is killed.
const guardian = createGuardian();
const callOffs = new Map<string, () => void>();
for (const given of process.argv.slice(2)) {
  const group = given.slice(1);
  if (given.startsWith("+")) callOffs.set(group, guardian.watch(Number(group)));
  else callOffs.get(group)?.();
}
process.stdout.write("watching\n");
setInterval(() => {}, 60_000);
