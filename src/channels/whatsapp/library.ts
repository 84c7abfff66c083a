import { messageOf } from "../../core/errors.ts";
import type { Logger } from "../../core/logger.ts";

// The one place that names the library; 45 MB on disk and 0.3 s to load, so only what is reached by `load()` imports it.
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
export type {
  AuthenticationCreds,
  BinaryNode,
  ConnectionState,
  GroupMetadata,
  SignalDataSet,
  SignalKeyStore,
  SignalKeyStoreWithTransaction,
  UserFacingSocketConfig,
  WAMessage,
  WASocket,
} from "baileys";

interface LibraryLogger {
  level: string;
  child(fields: Record<string, unknown>): LibraryLogger;
  trace(fields: unknown, message?: string): void;
  debug(fields: unknown, message?: string): void;
  info(fields: unknown, message?: string): void;
  warn(fields: unknown, message?: string): void;
  error(fields: unknown, message?: string): void;
}

/**
 * The library's log in ours. Its fields hold keys and whole decrypted stanzas, so only its constant text and the text of
 * an error are kept, and nothing of it is shown unless somebody asks for debug lines.
 */
export function libraryLogger(logger: Logger): LibraryLogger {
  const say = (fields: unknown, message: string | undefined): void => {
    const error = fields && typeof fields === "object" ? errorIn(fields) : undefined;
    const text = message ?? (typeof fields === "string" ? fields : undefined);
    logger.debug("library", {
      ...(text === undefined ? {} : { text: text.slice(0, 200) }),
      ...(error === undefined ? {} : { error: messageOf(error).slice(0, 300) }),
    });
  };
  const silent = (): void => {};
  const own: LibraryLogger = {
    level: "warn",
    child: () => own,
    trace: silent,
    debug: silent,
    info: silent,
    warn: say,
    error: say,
  };
  return own;
}

function errorIn(fields: object): Error | undefined {
  return Object.values(fields).find((value): value is Error => value instanceof Error);
}
