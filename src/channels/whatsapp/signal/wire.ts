import protobuf from "protobufjs/minimal.js";

// The two messages of the Signal protocol as they are written: version 3, a version byte ahead of each.

export interface WhisperMessage {
  ephemeralKey: Uint8Array;
  counter: number;
  previousCounter: number;
  ciphertext: Uint8Array;
}

/** The first messages of a session, until the other side has answered: they carry what is needed to make it. */
export interface PreKeyMessage {
  registrationId: number;
  preKeyId: number | null;
  signedPreKeyId: number;
  baseKey: Uint8Array;
  identityKey: Uint8Array;
  message: Uint8Array;
}

/** This version in the high half, the oldest that is understood in the low one. */
export const versionByte = 0x33;
const nothing = new Uint8Array();

/** Calls `take` with the number and reader of every field; what it does not take is skipped. */
function readFields(bytes: Uint8Array, take: (field: number, reader: protobuf.Reader) => boolean): void {
  const reader = protobuf.Reader.create(bytes);
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (!take(tag >>> 3, reader)) reader.skipType(tag & 7);
  }
}

export function writeWhisper(message: WhisperMessage): Uint8Array {
  const writer = protobuf.Writer.create();
  writer.uint32(10).bytes(message.ephemeralKey);
  writer.uint32(16).uint32(message.counter);
  writer.uint32(24).uint32(message.previousCounter);
  writer.uint32(34).bytes(message.ciphertext);
  return writer.finish();
}

export function readWhisper(bytes: Uint8Array): WhisperMessage {
  const message = { ephemeralKey: nothing, counter: 0, previousCounter: 0, ciphertext: nothing };
  readFields(bytes, (field, reader) => {
    if (field === 1) message.ephemeralKey = new Uint8Array(reader.bytes());
    else if (field === 2) message.counter = reader.uint32();
    else if (field === 3) message.previousCounter = reader.uint32();
    else if (field === 4) message.ciphertext = new Uint8Array(reader.bytes());
    else return false;
    return true;
  });
  return message;
}

export function writePreKey(message: PreKeyMessage): Uint8Array {
  const writer = protobuf.Writer.create();
  if (message.preKeyId !== null) writer.uint32(8).uint32(message.preKeyId);
  writer.uint32(18).bytes(message.baseKey);
  writer.uint32(26).bytes(message.identityKey);
  writer.uint32(34).bytes(message.message);
  writer.uint32(40).uint32(message.registrationId);
  writer.uint32(48).uint32(message.signedPreKeyId);
  return writer.finish();
}

export function readPreKey(bytes: Uint8Array): PreKeyMessage {
  const message: PreKeyMessage = {
    registrationId: 0,
    preKeyId: null,
    signedPreKeyId: 0,
    baseKey: nothing,
    identityKey: nothing,
    message: nothing,
  };
  readFields(bytes, (field, reader) => {
    if (field === 1) message.preKeyId = reader.uint32();
    else if (field === 2) message.baseKey = new Uint8Array(reader.bytes());
    else if (field === 3) message.identityKey = new Uint8Array(reader.bytes());
    else if (field === 4) message.message = new Uint8Array(reader.bytes());
    else if (field === 5) message.registrationId = reader.uint32();
    else if (field === 6) message.signedPreKeyId = reader.uint32();
    else return false;
    return true;
  });
  return message;
}

/** As the library looks into one for the sender's identity. */
export const PreKeyWhisperMessage = { decode: readPreKey };
