import { z } from "zod";
import type { LoginCodes } from "../auth/login-codes.ts";
import { method, type Method } from "../contract.ts";

/** `login.code.create`: a one-time way in for another browser. Ours; the existing system has none. */
export function createLoginCodeMethods({ codes }: { codes: LoginCodes }): Method[] {
  return [
    method({
      name: "login.code.create",
      // The browser becomes a device that may do what its maker may: nobody but an admin hands that out.
      authority: "admin",
      params: () => z.strictObject({}),
      handler(_params, { principal }) {
        const { ticket, code, expiresAt } = codes.create([...principal.scopes]);
        return { ticket, code, expiresAtMs: expiresAt };
      },
    }),
  ];
}
