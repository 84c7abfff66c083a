import { WA_CERT_DETAILS } from "baileys";
import { root } from "./authority.ts";

/** Makes the library in this process believe the double in place of WhatsApp. */
export function trustTheDouble(): void {
  WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(root.public);
}
