export { openDeviceIdentity } from "./key.ts";
export { openDeviceTokens } from "./tokens.ts";
