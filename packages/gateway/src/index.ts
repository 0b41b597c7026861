export { createGateway } from "./createGateway.js";
export { createEventFeed, type EventFeedOptions } from "./parts.js";
export { createRemoteFeed, serveFeed } from "./feed/remoteFeed.js";
export type { EventFeed, FeedPosition, FeedPositionStore, FeedRequest } from "./feed/eventFeed.js";
export type {
  Authorize,
  Gateway,
  GatewayContext,
  GatewayDenial,
  GatewayOptions,
  GatewayRecord,
  UpgradeGrant,
} from "./gatewayOptions.js";
export type { GatewayLimits } from "./limits.js";
export { isUsableSession as isGatewaySession } from "./session.js";
export type { GatewaySession, OperatorSession, SessionTerms, TenantSession } from "./session.js";
export { createTokenAuthorizer, type TokenAuthorizerOptions } from "./tokens/createTokenAuthorizer.js";
export { mintBrowserToken, type BrowserTokenOptions } from "./tokens/mintBrowserToken.js";
export type { BrowserTokenKey } from "./tokens/browserTokenKeys.js";
