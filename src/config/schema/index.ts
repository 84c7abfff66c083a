export { configSchema, type OpenClawConfig } from "./root.ts";
export { keyInfo, type KeyInfo, type ReloadClass } from "./key.ts";
export { channelNames, noEffectKeys, type NoEffect } from "./no-effect.ts";
export { configJsonSchema, uiHints, type UiHint } from "./describe.ts";
export {
  isSensitivePath,
  reloadClass,
  schemaAt,
  schemaPaths,
  sensitivePaths,
  unwrap,
  type SchemaPlace,
} from "./lookup.ts";
