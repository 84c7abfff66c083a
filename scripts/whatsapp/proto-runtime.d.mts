import type { ProtoTable } from "./proto-table.mjs";

export interface ProtoType {
  create(values?: object): object;
  encode(message: object): { finish(): Uint8Array };
  decode(source: Uint8Array): object;
  fromObject(values: object): object;
  toObject(message: object, options?: object): object;
}
export function makeProto(table: ProtoTable): Record<string, unknown>;
