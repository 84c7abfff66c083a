import { z } from "zod";
import { method, type CallContext, type DoctorDesk, type GatewayServices, type Method } from "../contract.ts";
import { invalidRequest } from "./settings.ts";

const word = z.string().min(1).max(200);

/** `doctor.*`: what is wrong, what a repair would change, making it, and taking it back. */
export function createDoctorMethods(services: GatewayServices): Method[] {
  const desk = (): DoctorDesk => {
    if (services.doctor) return services.doctor;
    throw invalidRequest("this gateway has no doctor", "openclaw doctor");
  };
  const authorOf = ({ connection: { client } }: CallContext) => `rpc:${client.displayName ?? client.id}`;
  return [
    method({
      name: "doctor.report",
      authority: "admin",
      params: () => z.strictObject({}),
      handler: () => desk().report(),
    }),
    method({
      name: "doctor.apply",
      authority: "admin",
      // The plan that was shown and no other one: `hash` comes from `doctor.report`.
      params: () => z.strictObject({ id: word, hash: z.string().regex(/^[0-9a-f]{32}$/) }),
      handler: ({ id, hash }, context) => desk().apply({ id, hash, author: authorOf(context) }),
    }),
    method({
      name: "doctor.undo",
      authority: "admin",
      params: () => z.strictObject({ receipt: word }),
      handler: ({ receipt }, context) => desk().undo(receipt, authorOf(context)),
    }),
  ];
}
