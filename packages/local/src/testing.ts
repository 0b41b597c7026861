export { startRawServer, type RawServer } from "./testing/startRawServer.js";
export { expectNoConnections, type ConnectionCounter } from "./testing/expectNoConnections.js";
export {
  createFaultProxy,
  type ConnectionFaults,
  type FaultProxy,
  type FaultProxyOptions,
  type FaultRecord,
  type ProxiedConnection,
} from "./faultProxy/createFaultProxy.js";
export type { ByteFault, ByteFaultKind } from "./faultProxy/byteFaults.js";
export { createSeededRandom, type SeededRandom } from "./faultProxy/seededRandom.js";
