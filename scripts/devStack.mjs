import { createServer } from "node:http";
import { join } from "node:path";
import { createGateway } from "@miosa/gateway";
import { toNodeListener, toNodeUpgradeListener } from "@miosa/gateway/node";
import { createLocalServer, LocalStateError } from "@miosa/local";
import { accountsOf, demoAccounts } from "./demoAccounts.mjs";
import { createDemoPlatform } from "./demoPlatform.mjs";
import { root } from "./installMissing.mjs";
import { createPageHandler } from "./pageHandler.mjs";
import { StartMistake } from "./startSettings.mjs";

const host = "127.0.0.1";
const apiPath = "/api/miosa";
const dashboard = join(root, "apps/dashboard");

/**
 * Starts what a person needs to work with sandboxes: a local server (unless `remote` names an API), and one server with the
 * gateway, the dashboard and a sign-in for it. The packages and the dashboard must be built. `close` stops everything,
 * sandboxes included. With `state`, these outlive it.
 */
export async function startStack({ port = 0, localPort = 0, remote, dev = false, tenant, state, local: localOptions = {} } = {}) {
  const closers = [];
  const close = once(async () => {
    for (const closer of closers.toReversed()) await closer();
  });
  try {
    const { local, unkept } = remote ? {} : await startKept(state, { port: localPort, ...localOptions });
    if (local) closers.push(() => local.close());
    const api = remote ?? { apiKey: local.apiKey, baseUrl: local.baseUrl };
    const http = createServer();
    const bound = await listen(http, port, "PORT");
    closers.push(() => closeServer(http));
    const hosts = [`${host}:${bound}`, `localhost:${bound}`];
    const platform = createDemoPlatform({
      accounts: tenant === undefined ? demoAccounts : accountsOf(tenant),
      cookieName: `miosa_demo_${bound}`, // cookies know no ports, and two stacks share one host
    });
    const gateway = createGateway({ apiKey: api.apiKey, authorize: platform.authorize, upstream: api.baseUrl, basePath: apiPath, hosts });
    closers.push(() => gateway.close());
    const page = dev ? await startViteDev(http, closers) : toNodeListener(hostChecked(hosts, createPageHandler(join(dashboard, "dist"))));
    const platformListener = toNodeListener(hostChecked(hosts, platform.handle));
    const gatewayListener = toNodeListener(gateway);
    http.on("request", (request, response) => {
      const [path] = (request.url ?? "").split("?");
      const listener = isApi(path) ? gatewayListener : platform.serves(path) ? platformListener : page;
      listener(request, response);
    });
    const upgradeListener = toNodeUpgradeListener(gateway);
    http.on("upgrade", (request, socket, head) => {
      const [path] = (request.url ?? "").split("?");
      if (isApi(path)) upgradeListener(request, socket, head);
      else if (!dev) socket.destroy(); // in development the others are Vite's
    });
    return { url: `http://${host}:${bound}`, local, unkept, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A directory that nobody has chosen is used where it can be; where sandboxes cannot be run from it, they end with the server as ever. */
async function startKept(state, options) {
  if (state === undefined) return { local: await startLocal(options) };
  try {
    return { local: await startLocal({ stateDir: state.stateDir, ...options }) };
  } catch (error) {
    if (error.code === "STATE_LOCKED") throw new StartMistake(`${error.message} MIOSA_STATE_DIR chooses one, and npm start -- --no-state needs none.`);
    if (error.code === "STATE_UNREACHABLE" && !state.isChosen) return { local: await startLocal(options), unkept: error.message };
    throw error instanceof LocalStateError ? new StartMistake(error.message) : error;
  }
}

async function startLocal(options) {
  try {
    return await createLocalServer(options);
  } catch (error) {
    throw error.code === "EADDRINUSE" ? portTaken(options.port, "MIOSA_LOCAL_PORT") : error;
  }
}

/** Vite's own server serves the sources and reloads the page; it keeps foreign hosts out itself. */
async function startViteDev(http, closers) {
  const { createServer: createViteServer } = await import("vite");
  const vite = await createViteServer({ root: dashboard, configFile: join(dashboard, "vite.config.ts"), server: { middlewareMode: true, hmr: { server: http } } });
  closers.push(() => vite.close());
  return vite.middlewares;
}

function isApi(path) {
  return path === apiPath || path.startsWith(`${apiPath}/`);
}

/** A page of another name that resolves to this machine (DNS rebinding) gets nothing. */
function hostChecked(hosts, handler) {
  return (request, context) =>
    hosts.includes(new URL(request.url).host)
      ? handler(request, context)
      : new Response("This host is not served here.\n", { status: 403, headers: { "content-type": "text/plain; charset=utf-8" } });
}

function listen(http, port, variable) {
  return new Promise((resolve, reject) => {
    http.once("error", (error) => reject(error.code === "EADDRINUSE" ? portTaken(port, variable) : error));
    http.listen(port, host, () => resolve(http.address().port));
  });
}

function portTaken(port, variable) {
  return new StartMistake(`Port ${port} is taken. Set ${variable} to a free one: ${variable}=${port + 1} npm start`);
}

function closeServer(http) {
  return new Promise((resolve) => {
    http.close(() => resolve());
    http.closeAllConnections();
  });
}

function once(action) {
  let result;
  return () => (result ??= action());
}
