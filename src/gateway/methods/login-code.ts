import { z } from "zod";
import { scopes as knownScopes, type Scope } from "../../core/authority.ts";
import { UserError } from "../../core/errors.ts";
import type { LoginCodes } from "../auth/login-codes.ts";
import { method, type Method } from "../contract.ts";

/** `login.code.create`: a one-time way in for another browser. Ours; the existing system has none. */
export function createLoginCodeMethods({ codes }: { codes: LoginCodes }): Method[] {
  return [
    method({
      name: "login.code.create",
      // The browser becomes a device that may do what its maker may: nobody but an admin hands that out.
      authority: "admin",
      params: () =>
        z.strictObject({
          // What a phone or a node gets; a browser gets what its maker has.
          roles: z
            .array(z.enum(["operator", "node"]))
            .min(1)
            .max(2)
            .optional(),
          scopes: z
            .array(z.enum([...knownScopes] as [Scope, ...Scope[]]))
            .max(16)
            .optional(),
        }),
      handler({ roles, scopes }, { principal }) {
        const beyond = scopes?.find((scope) => !principal.scopes.has(scope) && !principal.owner);
        if (beyond !== undefined) throw new UserError("INVALID_REQUEST", `missing scope: ${beyond}`);
        const { ticket, code, expiresAt } = codes.create(scopes ?? [...principal.scopes], roles);
        return { ticket, code, expiresAtMs: expiresAt };
      },
    }),
  ];
}
