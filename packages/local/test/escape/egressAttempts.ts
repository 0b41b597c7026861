/** Where things are while a way out is tried. */
export interface EgressPlaces {
  /** Port on the machine's loopback where something listens that no sandbox may reach. */
  readonly closed: number;
  /** Port on the machine's loopback that is listed, with the address and with `allowed.test` and `*.wild.test`. */
  readonly listed: number;
  /** An address of this machine that is not its loopback. */
  readonly ownAddress: string;
}

/** One way in which code could try to get further than the list lets it, as what it says to the proxy. */
export interface EgressAttempt {
  readonly name: string;
  say(places: EgressPlaces): string;
  /** Statuses of a right answer, 0 for a connection that is cut. @default 400 and 403 */
  readonly statuses?: readonly number[];
  /** Gets through where the closed port is listed: that it does shows that the attempt can find something. */
  readonly isOpenWhenListed?: boolean;
}

/** What names lead to: the first time, and ever after. Those in `listedNames` are on the list. */
export const names: Readonly<Record<string, readonly [first: readonly string[], later?: readonly string[]]>> = {
  "allowed.test": [["127.0.0.1"]],
  "wild.test": [["127.0.0.1"]],
  "a.wild.test": [["127.0.0.1"]],
  "b.a.wild.test": [["127.0.0.1"]],
  "loop.test": [["127.0.0.1"]],
  "loop6.test": [["::1"]],
  "mapped.test": [["::ffff:127.0.0.1"]],
  "zone.test": [["fe80::1%lo"]],
  "private.test": [["10.0.0.1"]],
  "metadata.test": [["169.254.169.254"]],
  "rebind.test": [[unroutable()], ["127.0.0.1"]],
  "mixed.test": [[unroutable(), "127.0.0.1"]],
  "named.test": [[unroutable()]],
};

/** Names that are listed for the closed port, and must not lead there. */
export const listedNames = ["loop.test", "loop6.test", "mapped.test", "zone.test", "private.test", "metadata.test", "rebind.test", "mixed.test", "named.test"] as const;

/** Public by its number, and given to nobody, so that no test talks to a stranger. */
function unroutable(): string {
  return "3ffe::1";
}

const get = (url: string, host = /^\w+:\/\/([^/?#]*)/.exec(url)?.[1] ?? "", more = ""): string => `GET ${url} HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n`;
const tunnel = (authority: string): string => `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n${get("http://x/").replace("http://x", "")}`;
const post = (listed: number, headers: string, body: string): string => `POST http://allowed.test:${listed}/ HTTP/1.1\r\nHost: allowed.test:${listed}\r\n${headers}\r\n\r\n${body}`;

/** The machine's loopback, in every spelling. */
const loopbacks = [
  "127.0.0.1", "localhost", "LOCALHOST", "localhost.", "127.0.0.1.", "127.1", "2130706433", "0x7f000001", "0x7F.1", "0177.0.0.1", "017700000001", "127.0.0.2",
  "0.0.0.0", "0", "[::1]", "[0:0:0:0:0:0:0:1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
] as const;
const reachable: readonly string[] = ["127.0.0.1", "localhost", "LOCALHOST", "localhost.", "127.0.0.1.", "127.1", "2130706433", "0x7f000001", "0x7F.1", "0177.0.0.1", "017700000001"];

/** Networks around a machine, and what clouds keep there. */
const neighbours = [
  "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "169.254.169.254", "2852039166", "0xa9fea9fe", "[::ffff:169.254.169.254]",
  "[fd00:ec2::254]", "[fe80::1]", "[fc00::1]", "[ff02::1]", "metadata.google.internal", "metadata",
] as const;

/** What is tried with a way out, once each as what is said to the proxy. */
export const egressAttempts: readonly EgressAttempt[] = [
  ...loopbacks.flatMap((host): EgressAttempt[] => [
    { name: `ask for the machine's loopback as ${host}`, say: ({ closed }) => get(`http://${host}:${closed}/`), isOpenWhenListed: reachable.includes(host) },
    { name: `make a tunnel to the machine's loopback as ${host}`, say: ({ closed }) => tunnel(`${host}:${closed}`), isOpenWhenListed: reachable.includes(host) },
  ]),
  ...neighbours.flatMap((host): EgressAttempt[] => [
    { name: `ask for ${host}`, say: () => get(`http://${host}/latest/meta-data/`) },
    { name: `make a tunnel to ${host}`, say: () => tunnel(`${host}:443`) },
  ]),
  { name: "reach the machine by an address of its own", say: ({ closed, ownAddress }) => tunnel(`${ownAddress}:${closed}`) },
  ...["loop.test", "loop6.test", "mapped.test", "zone.test", "private.test", "metadata.test"].map(
    (host): EgressAttempt => ({ name: `use that ${host} is listed and leads inside`, say: ({ closed }) => tunnel(`${host}:${closed}`), isOpenWhenListed: host === "loop.test", ...(host === "zone.test" && { statuses: [403, 502] }) }),
  ),
  { name: "have a name lead elsewhere while it is connected to", say: ({ closed }) => get(`http://rebind.test:${closed}/`), statuses: [502, 504] },
  { name: "have a name lead elsewhere the next time", say: ({ closed }) => get(`http://rebind.test:${closed}/`), isOpenWhenListed: true },
  { name: "have one of a name's addresses lead inside", say: ({ closed }) => get(`http://mixed.test:${closed}/`), statuses: [502, 504], isOpenWhenListed: true },
  { name: "use the address where only the name is listed", say: ({ closed }) => tunnel(`[${unroutable()}]:${closed}`) },

  // names beside the listed ones
  { name: "make a tunnel to another port of a listed host", say: ({ closed }) => tunnel(`allowed.test:${closed}`) },
  { name: "ask another port of a listed host", say: ({ closed }) => get(`http://allowed.test:${closed}/`) },
  { name: "ask the usual port of a host that is listed with another", say: () => get("http://allowed.test/") },
  { name: "use a name that ends in a listed one", say: ({ listed }) => tunnel(`not-allowed.test:${listed}`) },
  { name: "use a name that starts with a listed one", say: ({ listed }) => tunnel(`allowed.test.loop.test:${listed}`) },
  { name: "use a name below a listed one", say: ({ listed }) => tunnel(`below.allowed.test:${listed}`) },
  { name: "use the name that a wildcard stands below", say: ({ listed }) => tunnel(`wild.test:${listed}`) },
  { name: "use a name that only ends like a wildcard's", say: ({ listed }) => tunnel(`notwild.test:${listed}`) },
  { name: "use an empty label", say: ({ listed }) => tunnel(`allowed.test..:${listed}`) },

  // one request, two readings
  { name: "name another host in the Host header", say: ({ closed, listed }) => get(`http://allowed.test:${listed}/`, `127.0.0.1:${closed}`) },
  { name: "name another port in the Host header", say: ({ closed, listed }) => get(`http://allowed.test:${listed}/`, `allowed.test:${closed}`) },
  { name: "name two hosts in Host headers", say: ({ closed, listed }) => get(`http://allowed.test:${listed}/`, `allowed.test:${listed}`, `Host: 127.0.0.1:${closed}\r\n`) },
  { name: "name one host twice in Host headers", say: ({ listed }) => get(`http://allowed.test:${listed}/`, `allowed.test:${listed}`, `Host: allowed.test:${listed}\r\n`) },
  { name: "name another host in a tunnel's Host header", say: ({ closed, listed }) => `CONNECT allowed.test:${listed} HTTP/1.1\r\nHost: 127.0.0.1:${closed}\r\n\r\n` },
  { name: "fold the Host header", say: ({ closed, listed }) => get(`http://allowed.test:${listed}/`, `allowed.test:${listed}\r\n 127.0.0.1:${closed}`) },
  { name: "fold another header", say: ({ listed }) => get(`http://allowed.test:${listed}/`, undefined, "X-A: b\r\n c\r\n") },
  { name: "put a NUL into a header", say: ({ listed }) => get(`http://allowed.test:${listed}/`, undefined, "X-A: b\0c\r\n") },
  { name: "put a NUL into the host", say: ({ closed, listed }) => get(`http://127.0.0.1:${closed}\0.allowed.test:${listed}/`) },
  { name: "put a bare carriage return into a header", say: ({ closed, listed }) => get(`http://allowed.test:${listed}/`, undefined, `X-A: b\rHost: 127.0.0.1:${closed}\r\n`) },
  { name: "end lines with bare line feeds", say: ({ listed }) => get(`http://allowed.test:${listed}/`).replaceAll("\r\n", "\n") },
  { name: "put a blank before a colon", say: ({ listed }) => post(listed, "Transfer-Encoding : chunked", "0\r\n\r\n") },
  { name: "give a length and chunks", say: ({ listed }) => post(listed, "Content-Length: 4\r\nTransfer-Encoding: chunked", "0\r\n\r\n") },
  { name: "give two lengths", say: ({ listed }) => post(listed, "Content-Length: 4\r\nContent-Length: 5", "aaaaa") },
  { name: "give a length that is none", say: ({ listed }) => post(listed, "Content-Length: +4", "aaaa") },
  { name: "give an encoding after chunks", say: ({ listed }) => post(listed, "Transfer-Encoding: chunked, identity", "0\r\n\r\n") },
  { name: "give a chunk a length that is none", say: ({ listed }) => post(listed, "Transfer-Encoding: chunked", "0x4\r\naaaa\r\n0\r\n\r\n"), statuses: [0, 400] },
  { name: "send a second request behind the first", say: ({ closed, listed }) => get(`http://allowed.test:${listed}/`) + get(`http://127.0.0.1:${closed}/`), statuses: [200] },
  { name: "hide a second request in a body", say: ({ closed, listed }) => post(listed, "Content-Length: 3", `abc${get(`http://127.0.0.1:${closed}/`)}`), statuses: [200] },

  // what a URL can hold
  { name: "put the listed host into a user name", say: ({ closed, listed }) => get(`http://allowed.test:${listed}@127.0.0.1:${closed}/`) },
  { name: "give a name and a password", say: ({ listed }) => get(`http://me:secret@allowed.test:${listed}/`, `allowed.test:${listed}`) },
  { name: "give a tunnel a user name", say: ({ closed }) => tunnel(`me@127.0.0.1:${closed}`) },
  { name: "end the host with a backslash", say: ({ closed, listed }) => get(`http://allowed.test:${listed}\\@127.0.0.1:${closed}/`) },
  { name: "end the host with a fragment", say: ({ closed, listed }) => get(`http://allowed.test:${listed}#@127.0.0.1:${closed}/`, `allowed.test:${listed}`), statuses: [400] },
  { name: "end the host with a query", say: ({ closed, listed }) => get(`http://allowed.test:${listed}?@127.0.0.1:${closed}/`), statuses: [200] },
  { name: "encode the host", say: ({ closed }) => get(`http://127%2e0%2e0%2e1:${closed}/`) },
  { name: "write the host with other dots", say: ({ closed }) => get(`http://127\u30020\u30020\u30021:${closed}/`) },
  { name: "give an address a zone", say: ({ closed }) => tunnel(`[fe80::1%25lo]:${closed}`) },
  { name: "give a port past the last", say: ({ closed }) => tunnel(`127.0.0.1:${closed + 65_536}`) },
  { name: "give the port 0", say: () => tunnel("allowed.test:0") },
  { name: "make a tunnel without a port", say: () => tunnel("allowed.test") },
  { name: "make a tunnel to a URL", say: ({ listed }) => tunnel(`http://allowed.test:${listed}/`) },
  { name: "ask for another kind of URL", say: ({ listed }) => get(`https://allowed.test:${listed}/`) },
  { name: "ask for a file of the server's", say: () => get("file:///etc/passwd", "localhost") },
  { name: "ask for a path alone", say: ({ closed }) => get("/", `127.0.0.1:${closed}`) },

  // other protocols
  { name: "speak SOCKS", say: () => "\u0005\u0001\0" },
  { name: "speak TLS", say: () => "\u0016\u0003\u0001\0\u0005\u0001\0\0\u0001\0" },
  { name: "speak HTTP/2", say: () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" },
];

/** What the list is for: it has to get through. */
export const allowedRequests: readonly Pick<EgressAttempt, "name" | "say">[] = [
  { name: "ask a listed host", say: ({ listed }) => get(`http://allowed.test:${listed}/`) },
  { name: "make a tunnel to a listed host", say: ({ listed }) => tunnel(`allowed.test:${listed}`) },
  { name: "spell a listed host in capitals with a dot at its end", say: ({ listed }) => tunnel(`ALLOWED.Test.:${listed}`) },
  { name: "ask a listed address", say: ({ listed }) => get(`http://127.0.0.1:${listed}/`) },
  { name: "ask a host below a wildcard", say: ({ listed }) => get(`http://a.wild.test:${listed}/`) },
  { name: "ask a host far below a wildcard", say: ({ listed }) => get(`http://b.a.wild.test:${listed}/`) },
];
