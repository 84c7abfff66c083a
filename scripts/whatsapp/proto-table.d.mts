export interface ProtoTable {
  enums: Array<[string, Record<string, number>]>;
  types: Array<[string, Array<string | number>]>;
}
export function readProtoTable(): ProtoTable;
