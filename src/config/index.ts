export type * from "./contract.ts";
export * from "./schema/index.ts";
