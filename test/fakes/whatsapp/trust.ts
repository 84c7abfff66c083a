import { WA_CERT_DETAILS } from "baileys";
import { root } from "./authority.ts";

/** Makes the library in this process believe the double in place of WhatsApp. */
export function trustTheDouble(): void {
  WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(root.public);
}

const prints = ["info", "warn", "error"] as const;
const chatter =
  /^(?:Closing (?:open )?session|Opening session|Removing old closed session|Session error|Failed to decrypt message|Decrypted message with closed)/;

/**
 * The reference implementation of the Signal protocol, which phones of the double use (and the adapter, where it is not
 * bundled), prints every session with its keys. Returns the function that lets it.
 */
export function hushSignal(): () => void {
  const before = prints.map((name) => console[name]);
  for (const [index, name] of prints.entries())
    console[name] = (...args: unknown[]) => {
      if (typeof args[0] !== "string" || !chatter.test(args[0])) before[index]?.(...args);
    };
  return () => {
    for (const [index, name] of prints.entries()) console[name] = before[index] ?? console[name];
  };
}
