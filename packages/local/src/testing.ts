export { startRawServer, type RawServer } from "./testing/startRawServer.js";
export { expectNoConnections, type ConnectionCounter } from "./testing/expectNoConnections.js";
