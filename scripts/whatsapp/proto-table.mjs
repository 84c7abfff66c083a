// Reads the library's .proto file into a table that proto-runtime.mjs makes classes of. The library ships 4.4 MB of
// generated code for the same 500 messages.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/**
 * `{ enums: [[path, { NAME: number }]], types: [[path, fields]] }`; `fields` is flat, four entries a field: name, id,
 * kind (`string`, …, `e<index>`, `m<index>`), rule (0 single, 1 repeated, 2 packed, or the kind of a map's keys).
 */
export function readProtoTable() {
  const protobuf = require("protobufjs");
  const path = require.resolve("baileys/WAProto/WAProto.proto");
  const root = protobuf.parse(readFileSync(path, "utf8")).root.resolveAll();
  const enums = [];
  const types = [];
  const visit = (space) => {
    for (const each of space.nestedArray ?? []) {
      if (each instanceof protobuf.Enum) enums.push(each);
      else if (each instanceof protobuf.Type) types.push(each);
      visit(each);
    }
  };
  visit(root.lookup("proto"));
  const nameOf = (each) => each.fullName.replace(/^\.proto\./, "");
  const kindOf = ({ resolvedType, type }) => {
    if (resolvedType instanceof protobuf.Enum) return `e${enums.indexOf(resolvedType)}`;
    return resolvedType ? `m${types.indexOf(resolvedType)}` : type;
  };
  const ruleOf = (field) => {
    if (field.map) return field.keyType;
    if (!field.repeated) return 0;
    const whole =
      field.resolvedType instanceof protobuf.Type || field.type === "string" || field.type === "bytes";
    return field.packed && !whole ? 2 : 1;
  };
  return {
    enums: enums.map((each) => [nameOf(each), each.values]),
    types: types.map((each) => [
      nameOf(each),
      each.fieldsArray
        .toSorted((a, b) => a.id - b.id)
        .flatMap((field) => [field.name, field.id, kindOf(field), ruleOf(field)]),
    ]),
  };
}
