export { createGateway } from "./createGateway.js";
export type { Gateway, GatewayContext, GatewayOptions, GatewayRecord } from "./gatewayOptions.js";
