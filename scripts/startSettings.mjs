/** A mistake of the person who starts: its message is shown as it stands, without a stack. */
export class StartMistake extends Error {
  name = "StartMistake";
}

/** What `npm start -- --help` says. */
export const startHelp = `Starts the dashboard, its gateway and a local sandbox server.

  npm start                       local server on 127.0.0.1:4747, dashboard on 127.0.0.1:4700
  npm start -- --dev              the same, with the dashboard reloading as its sources change
  npm start -- --tenant FILE      one customer in place of the two demo ones, under the brand that FILE holds in the form of
                                  apps/dashboard/public/tenant.json; externalWorkspaceId in it is your id of the customer

  npm start -- --no-state         local server that keeps nothing: its sandboxes end with it

  PORT                            port of the dashboard; 0 takes a free one
  MIOSA_LOCAL_PORT                port of the local server; 0 takes a free one
  MIOSA_STATE_DIR                 where the local server keeps its sandboxes from one start to the next; .miosa of this project
                                  unless it is set
  MIOSA_API_KEY, MIOSA_BASE_URL   use this API in place of the local server (both or neither)
`;

/** Reads what `npm start` was told by environment and arguments. Throws a {@link StartMistake} that says what to change. */
export function readStartSettings(env, args) {
  return {
    port: readPort(env, "PORT", 4700),
    localPort: readPort(env, "MIOSA_LOCAL_PORT", 4747),
    remote: readRemote(env["MIOSA_API_KEY"], env["MIOSA_BASE_URL"]),
    stateDir: env["MIOSA_STATE_DIR"] || undefined,
    ...readArguments(args),
  };
}

function readPort(env, name, fallback) {
  const text = env[name];
  if (text === undefined || text === "") return fallback;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new StartMistake(`${name} must be a whole number from 0 to 65535, and it is ${JSON.stringify(text)}.`);
}

function readRemote(apiKey, baseUrl) {
  if (!apiKey && !baseUrl) return undefined;
  if (!baseUrl) {
    throw new StartMistake(
      "MIOSA_API_KEY is set and MIOSA_BASE_URL is not. Set both to use that API, or neither to use the local server.",
    );
  }
  if (!apiKey) {
    throw new StartMistake(
      "MIOSA_BASE_URL is set and MIOSA_API_KEY is not. Set both to use that API, or neither to use the local server.",
    );
  }
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url?.protocol !== "https:" && url?.protocol !== "http:") {
    throw new StartMistake("MIOSA_BASE_URL must be an http or https address, such as https://api.miosa.ai/api/v1.");
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new StartMistake("MIOSA_BASE_URL must not hold a user name, password, query or fragment.");
  }
  if (url.protocol === "http:" && !["127.0.0.1", "localhost", "[::1]"].includes(url.hostname)) {
    throw new StartMistake("MIOSA_BASE_URL must be https: over http the API key could be read on its way.");
  }
  return { apiKey, baseUrl: url.href.replace(/\/+$/, "") };
}

function readArguments(args) {
  const settings = { dev: false, help: false, keepsState: true, tenantFile: undefined };
  const rest = [...args];
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    if (argument === "--dev") settings.dev = true;
    else if (argument === "--no-state") settings.keepsState = false;
    else if (argument === "--help" || argument === "-h") settings.help = true;
    else if (argument === "--tenant") settings.tenantFile = rest.shift() ?? missingFile();
    else throw new StartMistake(`Unknown argument ${argument}.\n\n${startHelp}`);
  }
  return settings;
}

function missingFile() {
  throw new StartMistake("--tenant needs the path of a JSON file.");
}
