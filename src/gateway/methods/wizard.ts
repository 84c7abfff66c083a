import { z } from "zod";
import { languages } from "../../core/language.ts";
import { method, type GatewayServices, type Method, type WizardDesk } from "../contract.ts";
import { invalidRequest } from "./settings.ts";

const language = z.enum(languages).optional();
const sessionId = z.string().min(1).max(100);
const value = z.union([z.string().max(16_384), z.boolean(), z.array(z.string().max(200)).max(200)]);

/** `wizard.*`: the setup wizard for pages and apps, one at a time (protocol.md 3.11). `back` and `language` are ours. */
export function createWizardMethods(services: GatewayServices): Method[] {
  const desk = (): WizardDesk => {
    if (services.wizard) return services.wizard;
    throw invalidRequest("this gateway has no setup wizard", "openclaw onboard");
  };
  return [
    method({
      name: "wizard.start",
      authority: "admin",
      params: () =>
        z.strictObject({
          mode: z.enum(["local", "remote"]).optional(),
          workspace: z.string().min(1).max(4096).optional(),
          language,
        }),
      handler({ mode, workspace, language: wanted }) {
        if (mode === "remote")
          throw invalidRequest(
            "this gateway runs here: which gateway a machine uses is set up on that machine",
            "openclaw onboard --mode remote --remote-url wss://…",
          );
        return desk().start({
          ...(workspace === undefined ? {} : { workspace }),
          ...(wanted === undefined ? {} : { language: wanted }),
        });
      },
    }),
    method({
      name: "wizard.next",
      authority: "admin",
      params: () =>
        z.strictObject({
          sessionId,
          answer: z.strictObject({ stepId: z.string().min(1).max(200), value: value.optional() }).optional(),
          back: z.literal(true).optional(),
          language,
        }),
      handler: (params) => desk().next(params),
    }),
    method({
      name: "wizard.cancel",
      authority: "admin",
      params: () => z.strictObject({ sessionId }),
      handler: (params) => desk().cancel(params.sessionId),
    }),
    method({
      name: "wizard.status",
      authority: "admin",
      params: () => z.strictObject({ sessionId }),
      handler: (params) => desk().status(params.sessionId),
    }),
  ];
}
