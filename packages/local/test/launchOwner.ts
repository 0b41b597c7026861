import { createBwrapLauncher } from "../src/drivers/bwrapLauncher.js";

// Launches a box with the program that is given in place of bwrap, and passes on what it says. Goes on until it is killed.
const [path = ""] = process.argv.slice(2);
const place = "/nowhere";
const shared = { agentDirectory: place, passwd: place, group: place, hosts: place, nsswitch: place, node: process.execPath };
createBwrapLauncher(path).launch({ directory: place, shared, agentSettings: "{}" }).output.pipe(process.stdout);
setInterval(() => {}, 60_000);
