import { z } from "zod";
import { method, type GatewayServices, type Method } from "../contract.ts";
import { invalidRequest } from "./settings.ts";

/** `update.run` (protocol.md 3.11). What is installed cannot be said here: it is the newest of `update.channel`. */
export function createUpdateMethods(services: GatewayServices): Method[] {
  return [
    method({
      name: "update.run",
      authority: "admin",
      params: () =>
        z.strictObject({
          sessionKey: z.string().min(1).max(512).optional(),
          note: z.string().max(2000).optional(),
          restartDelayMs: z.int().min(0).optional(),
          timeoutMs: z.int().min(1).optional(),
        }),
      handler(params, { connection }) {
        if (!services.update)
          throw invalidRequest("this gateway cannot be updated from here", "openclaw update");
        const { client } = connection;
        return services.update.run({ ...params, by: `rpc:${client.displayName ?? client.id}` });
      },
    }),
  ];
}
