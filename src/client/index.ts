export { connectGateway } from "./connect.ts";
export type { ConnectOptions, DeviceIdentity, DeviceTokenStore, TlsTrust, WebSocketLike } from "./options.ts";
export type { ClientEvent, GatewayClient } from "./contract.ts";
