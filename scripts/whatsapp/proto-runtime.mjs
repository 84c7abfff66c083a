// Makes of the table of proto-table.mjs what the library's generated code makes: classes with create, encode, decode,
// fromObject, toObject and toJSON that behave alike (test/whatsapp-library.test.ts compares them on every message).
import protobuf from "protobufjs/minimal.js";

const { Reader, Writer, util } = protobuf;

/** Wire type by kind. */
const wires = {
  double: 1,
  float: 5,
  int32: 0,
  uint32: 0,
  sint32: 0,
  fixed32: 5,
  sfixed32: 5,
  int64: 0,
  uint64: 0,
  sint64: 0,
  fixed64: 1,
  sfixed64: 1,
  bool: 0,
  string: 2,
  bytes: 2,
};
const longs = new Set(["int64", "uint64", "sint64", "fixed64", "sfixed64"]);
const unsigned = new Set(["uint64", "fixed64", "uint32", "fixed32"]);

export function makeProto({ enums: enumTable, types: typeTable }) {
  const proto = {};
  const enums = enumTable.map(([, values]) => {
    const names = {};
    const known = Object.create(names);
    for (const [name, number] of Object.entries(values)) known[(names[number] = name)] = number;
    return known;
  });
  const types = typeTable.map(([path, flat]) => makeType(path, flat));

  function fieldOf(name, id, kind, rule) {
    const target = /^[em]\d+$/.test(kind) ? Number(kind.slice(1)) : -1;
    const isEnum = kind[0] === "e" && target >= 0;
    const isMessage = kind[0] === "m" && target >= 0;
    const scalar = isEnum ? "int32" : kind;
    const wire = isMessage ? 2 : wires[scalar];
    return {
      name,
      id,
      scalar,
      wire,
      rule,
      enums: isEnum ? enums[target] : null,
      message: isMessage ? target : -1,
    };
  }

  function makeType(path, flat) {
    const fields = [];
    for (let at = 0; at < flat.length; at += 4)
      fields.push(fieldOf(flat[at], flat[at + 1], flat[at + 2], flat[at + 3]));
    const byId = new Map(fields.map((field) => [field.id, field]));
    const isMap = ({ rule }) => typeof rule === "string";

    class Type {
      constructor(values) {
        for (const field of fields)
          if (isMap(field)) this[field.name] = {};
          else if (field.rule) this[field.name] = [];
        if (values) for (const key of Object.keys(values)) if (values[key] != null) this[key] = values[key];
      }
      static create(values) {
        return new Type(values);
      }
      static encode(message, writer = Writer.create()) {
        for (const field of fields) {
          const value = message[field.name];
          if (value == null) continue;
          if (isMap(field)) {
            if (!Object.hasOwn(message, field.name)) continue;
            for (const key of Object.keys(value)) {
              writer.uint32((field.id << 3) | 2).fork();
              writer.uint32((1 << 3) | wires[field.rule])[field.rule](key);
              write(writer, { ...field, id: 2 }, value[key]);
              writer.ldelim();
            }
          } else if (!field.rule) {
            if (Object.hasOwn(message, field.name)) write(writer, field, value);
          } else if (field.rule === 2 && value.length > 0) {
            writer.uint32((field.id << 3) | 2).fork();
            for (const each of value) writer[field.scalar](each);
            writer.ldelim();
          } else for (const each of value) write(writer, field, each);
        }
        return writer;
      }
      static decode(source, length) {
        const reader = source instanceof Reader ? source : Reader.create(source);
        const end = length === undefined ? reader.len : reader.pos + length;
        const message = new Type();
        while (reader.pos < end) {
          const tag = reader.uint32();
          const field = byId.get(tag >>> 3);
          if (!field) reader.skipType(tag & 7);
          else if (isMap(field)) {
            const [key, value] = readEntry(reader, field);
            if (key === "__proto__") continue;
            message[field.name][key] = value;
          } else if (!field.rule) message[field.name] = read(reader, field);
          else if ((tag & 7) === 2 && field.wire !== 2) {
            for (const until = reader.uint32() + reader.pos; reader.pos < until;)
              message[field.name].push(reader[field.scalar]());
          } else message[field.name].push(read(reader, field));
        }
        return message;
      }
      static fromObject(values) {
        if (values instanceof Type) return values;
        const message = new Type();
        for (const field of fields) {
          const value = values[field.name];
          if (value === null || value === undefined) continue;
          const path_ = `.proto.${path}.${field.name}`;
          if (isMap(field)) {
            if (typeof value !== "object") throw TypeError(`${path_}: object expected`);
            for (const key of Object.keys(value)) message[field.name][key] = plain(field, value[key], path_);
          } else if (field.rule) {
            if (!Array.isArray(value)) throw TypeError(`${path_}: array expected`);
            message[field.name] = value.map((each) => plain(field, each, path_) ?? each);
          } else {
            const taken = plain(field, value, path_);
            if (taken !== undefined) message[field.name] = taken;
          }
        }
        return message;
      }
      static toObject(message, options = {}) {
        const object = {};
        for (const field of fields) {
          const value = message[field.name];
          if (isMap(field)) {
            const keys = value ? Object.keys(value) : [];
            if (options.objects || options.defaults || keys.length > 0) object[field.name] = {};
            for (const key of keys) object[field.name][key] = shown(field, value[key], options);
          } else if (field.rule) {
            if (options.arrays || options.defaults || value?.length > 0)
              object[field.name] = (value ?? []).map((each) => shown(field, each, options));
          } else if (value != null && Object.hasOwn(message, field.name))
            object[field.name] = shown(field, value, options);
        }
        return object;
      }
      static getTypeUrl(prefix = "type.googleapis.com") {
        return `${prefix}/proto.${path}`;
      }
      toJSON() {
        return Type.toObject(this, util.toJSONOptions);
      }
    }
    Object.defineProperty(Type, "name", { value: path.slice(path.lastIndexOf(".") + 1) });
    for (const field of fields)
      Type.prototype[field.name] = isMap(field) ? util.emptyObject : field.rule ? util.emptyArray : null;
    return Type;
  }

  function write(writer, field, value) {
    writer.uint32(((field.id << 3) | field.wire) >>> 0);
    if (field.message < 0) writer[field.scalar](value);
    else types[field.message].encode(value, writer.fork()).ldelim();
  }

  function read(reader, field) {
    return field.message < 0 ? reader[field.scalar]() : types[field.message].decode(reader, reader.uint32());
  }

  function readEntry(reader, field) {
    const end = reader.uint32() + reader.pos;
    let key = field.rule === "string" ? "" : 0;
    let value = field.scalar === "string" ? "" : field.message < 0 ? 0 : null;
    while (reader.pos < end) {
      const tag = reader.uint32();
      if (tag >>> 3 === 1) key = reader[field.rule]();
      else if (tag >>> 3 === 2) value = read(reader, field);
      else reader.skipType(tag & 7);
    }
    return [typeof key === "object" ? util.longToHash(key) : key, value];
  }

  /** From JSON or a caller's object; undefined when it is nothing of the kind. */
  function plain(field, value, path) {
    if (field.message >= 0) {
      if (typeof value !== "object") throw TypeError(`${path}: object expected`);
      return types[field.message].fromObject(value);
    }
    if (field.enums) {
      if (typeof value === "number") return value;
      return Object.hasOwn(field.enums, value) ? field.enums[value] : undefined;
    }
    const kind = field.scalar;
    if (kind === "string") return String(value);
    if (kind === "bool") return Boolean(value);
    if (kind === "bytes") {
      if (typeof value !== "string") return value.length >= 0 ? value : undefined;
      const bytes = util.newBuffer(util.base64.length(value));
      util.base64.decode(value, bytes, 0);
      return bytes;
    }
    if (longs.has(kind)) {
      const long = util.Long.fromValue(value);
      long.unsigned = unsigned.has(kind);
      return long;
    }
    if (kind === "float" || kind === "double") return Number(value);
    return unsigned.has(kind) ? value >>> 0 : value | 0;
  }

  function shown(field, value, options) {
    if (field.message >= 0) return types[field.message].toObject(value, options);
    if (field.enums)
      return options.enums === String && field.enums[value] !== undefined ? field.enums[value] : value;
    const kind = field.scalar;
    if (kind === "bytes") {
      if (options.bytes === String) return util.base64.encode(value, 0, value.length);
      return options.bytes === Array ? Array.from(value) : value;
    }
    if (longs.has(kind)) {
      if (options.longs === String) return longText(value, unsigned.has(kind));
      return options.longs === Number ? Number(longText(value, unsigned.has(kind))) : value;
    }
    if (kind === "float" || kind === "double")
      return options.json && !Number.isFinite(value) ? String(value) : value;
    return value;
  }

  for (const [index, [path]] of enumTable.entries()) place(proto, path, enums[index]);
  for (const [index, [path]] of typeTable.entries()) place(proto, path, types[index]);
  return proto;
}

function longText(value, isUnsigned) {
  if (typeof value !== "object") return String(value);
  const combined = (BigInt(value.high >>> 0) << 32n) | BigInt(value.low >>> 0);
  return String(!isUnsigned && value.high < 0 ? BigInt.asIntN(64, combined) : combined);
}

function place(root, path, value) {
  const names = path.split(".");
  const last = names.pop();
  let space = root;
  for (const name of names) space = space[name] ??= {};
  // A message may come after what is inside it.
  space[last] = space[last] ? Object.assign(value, space[last]) : value;
}
