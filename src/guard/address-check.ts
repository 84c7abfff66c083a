import { lookup as systemLookup } from "node:dns/promises";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { OpenClawError, UserError } from "../core/errors.ts";
import { isPublicAddress } from "./special-address.ts";

export interface AddressCheckOptions {
  /**
   * Exact origins (`https://host:port`) that the operator configured: they may be private addresses, and may use http.
   * Evaluated for every hop, so that a change of configuration counts at once.
   */
  allowOrigins?: () => Iterable<string>;
  /** Whether plain http to public addresses is fine. Default false. */
  allowHttp?: boolean;
  /** Whether public addresses that this machine itself has are refused like private ones. Default false. */
  refuseOwnAddresses?: boolean;
  /** Addresses of a name; default the system's resolver. */
  resolve?: (hostname: string) => Promise<string[]>;
}

export function refused(message: string, hint?: string): UserError {
  return new UserError("DIAL_REFUSED", message, hint === undefined ? {} : { hint });
}

/** Which addresses a URL may be dialled at (threats.md 4.11): the one decision behind every outbound connection. */
export function createAddressCheck(options: AddressCheckOptions): {
  /** @throws UserError DIAL_REFUSED; OpenClawError DIAL_FAILED when the name has no address. */
  admit: (url: URL) => Promise<string[]>;
  isConfigured: (origin: string) => boolean;
} {
  const resolve =
    options.resolve ??
    (async (name) => (await systemLookup(name, { all: true })).map((entry) => entry.address));
  const isConfigured = (origin: string) => {
    for (const allowed of options.allowOrigins?.() ?? []) if (allowed === origin) return true;
    return false;
  };
  const isFine = (address: string) =>
    isPublicAddress(address) && !(options.refuseOwnAddresses === true && ownAddresses().has(address));

  async function admit(url: URL): Promise<string[]> {
    if (url.protocol !== "https:" && url.protocol !== "http:") {
      throw refused(`only http and https addresses can be opened, not ${url.protocol.slice(0, 20)}`);
    }
    if (url.username || url.password)
      throw refused("addresses with a user name or password in them are not opened");
    const configured = isConfigured(url.origin);
    if (url.protocol === "http:" && !configured && options.allowHttp !== true) {
      throw refused(`${url.origin} is not encrypted`, "use the https address");
    }
    const host = url.hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
    let addresses: string[];
    if (isIP(host)) addresses = [host];
    else {
      try {
        addresses = await resolve(host);
      } catch (error) {
        throw new OpenClawError("DIAL_FAILED", `the name ${host} cannot be resolved`, {
          cause: error,
          retryable: true,
        });
      }
    }
    if (addresses.length === 0)
      throw new OpenClawError("DIAL_FAILED", `the name ${host} has no address`, { retryable: true });
    // One bad address among good ones is how rebinding looks: all must be public.
    if (!configured && !addresses.every(isFine)) {
      throw refused(
        `${url.origin} leads to a private or special address, which is not opened`,
        "the operator can allow exactly this origin in the configuration",
      );
    }
    return addresses;
  }
  return { admit, isConfigured };
}

/** What this machine listens on when something listens on all addresses. */
function ownAddresses(): Set<string> {
  return new Set(
    Object.values(networkInterfaces()).flatMap((entries) => (entries ?? []).map((entry) => entry.address)),
  );
}
