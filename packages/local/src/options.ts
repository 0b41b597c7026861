import type { LocalApiKey } from "./apiKeys.js";
import type { DriverName } from "./drivers/chooseDriver.js";
import type { BoxLimits, SandboxDriver } from "./drivers/driver.js";
import type { EgressOptions } from "./egress/egressOptions.js";
import type { LocalFaults } from "./faults.js";
import type { LogEntry } from "./requestLog.js";

/** Options of `createLocalServer`. */
export interface LocalServerOptions {
  /** Port to listen on; 0 takes a free one. @default 0 */
  port?: number;
  /** Loopback address to listen on. Any other address is refused, since the server runs commands. @default "127.0.0.1" */
  host?: "127.0.0.1" | "localhost" | "::1" | (string & {});
  /** Accepted keys. A key given as a bare string is a tenant of its own. @default the state directory's own key, else one fresh random key */
  apiKeys?: readonly (string | LocalApiKey)[];
  /** Faults from the start. @default none */
  faults?: Partial<LocalFaults>;
  /**
   * How sandboxes are run: `bwrap` and `unshare` isolate them, `process` does not, and `auto` takes the first of these that works
   * here, but never `process` for root. @default the environment's `MIOSA_LOCAL_DRIVER`, else "auto"
   */
  driver?: DriverName | SandboxDriver;
  /** With `"required"`, a server whose sandboxes nothing isolates does not start. @default "preferred" */
  isolation?: "required" | "preferred";
  /** What each sandbox may use. The README says which driver holds to which limit. */
  limits?: BoxLimits;
  /** Hosts outside that sandboxes may connect to. Refused with `process`, whose sandboxes have the machine's network. @default none */
  egress?: EgressOptions;
  /** Sandboxes that are booted before anybody asks, so that creating one takes no time. Drivers that isolate only. @default 0 */
  warmPool?: number;
  /** Directory in which the server keeps its sandboxes' directories while it runs. @default the system's temporary directory */
  dataDir?: string;
  /**
   * Directory in which sandboxes with their files, snapshots, usage and the API key outlive the server; made when it is not there.
   * Closing then stops the sandboxes, and the next server with this directory has them. One server at a time may use it.
   * @default none: closing destroys everything
   */
  stateDir?: string;
  /** Web origins whose pages may use the server, such as `http://localhost:5173`. @default none */
  allowOrigins?: readonly string[];
  /** Whether creating a computer boots it at once. Without it a new one is `stopped` until it is started. @default true */
  autoStart?: boolean;
  /** After this many milliseconds a readiness stream answers `timeout`. @default 30000 */
  readinessStreamTimeoutMs?: number;
  /** Milliseconds between two comments on a readiness stream. @default 10000 */
  keepaliveMs?: number;
  /** Milliseconds between two comments on the event stream. @default 15000 */
  heartbeatMs?: number;
  /** How often each key or token may ask within a minute; more is answered with 429 and `Retry-After`. @default without end */
  requestsPerMinute?: number;
  /** Largest accepted body. @default 1048576 */
  bodyLimitBytes?: number;
  /** Output that one command may return over stdout and stderr together; the rest is dropped and counted. @default 1048576 */
  outputLimitBytes?: number;
  /** Largest file that may be uploaded, in bytes. @default 2 GiB */
  uploadLimitBytes?: number;
  /** The clock that times in answers come from, in milliseconds since 1970. @default Date.now */
  now?: () => number;
  /** Called once for each request, when its answer's headers are known. */
  onRequest?: (entry: Readonly<LogEntry>) => void;
  /** Called with errors of the server's own making. @default prints them to stderr */
  onError?: (error: unknown) => void;
}
