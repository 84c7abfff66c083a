// What src/channels/whatsapp/library.ts takes from the library.
export {
  areJidsSameUser,
  BufferJSON,
  decodeMessageNode,
  decryptPollVote,
  DEFAULT_CONNECTION_CONFIG,
  initAuthCreds,
  makeWASocket,
  normalizeMessageContent,
  proto,
  unpadRandomMax16,
} from "baileys";
