import type { ChannelTrouble } from "../contract.ts";

/** What the end of a connection means. */
export interface Disconnect {
  trouble: ChannelTrouble;
  /** Connect again without waiting: WhatsApp asked for it. */
  atOnce?: boolean;
}

/**
 * Reads the status with which a connection ended: of a `stream:error` or `failure` stanza, or of the transport. Codes as
 * WhatsApp Web sends them: 401 device removed, 403 account locked, 411 no multi-device, 440 replaced by another
 * connection, 500 bad session, 503 unavailable, 515 restart.
 */
export function explainDisconnect(status: number | undefined, message: string, account: string): Disconnect {
  const relogin = `openclaw channels login --channel whatsapp --account ${account}`;
  switch (status) {
    case 515:
      return { trouble: { code: "RESTART", message: "WhatsApp asked to connect again" }, atOnce: true };
    case 401:
      return {
        trouble: {
          code: "LOGGED_OUT",
          message:
            "Failed to connect to WhatsApp: the phone has removed this device from its linked devices, or the login expired",
          hint: relogin,
          fatal: true,
        },
      };
    case 403:
      return {
        trouble: {
          code: "LOGGED_OUT",
          message:
            "Failed to connect to WhatsApp: the account is locked or banned; open WhatsApp on the phone",
          hint: relogin,
          fatal: true,
        },
      };
    case 411:
      return {
        trouble: {
          code: "LOGGED_OUT",
          message: "Failed to connect to WhatsApp: the account does not allow linked devices",
          hint: relogin,
          fatal: true,
        },
      };
    case 440:
      return {
        trouble: {
          code: "CONFLICT",
          message:
            "another program has connected with this WhatsApp login, and WhatsApp allows one at a time",
          hint: `stop the other program, then: openclaw gateway restart; or link this machine anew: ${relogin} --force`,
          fatal: true,
        },
      };
    case 429:
      return { trouble: { code: "RATE_LIMITED", message: "WhatsApp asks to connect less often" } };
    case 405:
      return {
        trouble: {
          code: "PLATFORM_ERROR",
          message: "WhatsApp refuses this version of its protocol",
          hint: "openclaw update",
        },
      };
    case 500:
    case 501:
    case 503:
      return {
        trouble: { code: "PLATFORM_ERROR", message: `WhatsApp ended the connection: ${message} (${status})` },
      };
    default:
      return { trouble: { code: "NETWORK", message: `no connection to WhatsApp: ${message}` } };
  }
}
