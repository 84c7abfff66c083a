import { z } from "zod";
import { method, type GatewayServices, type Method, type SpeechDesk } from "../contract.ts";
import { invalidRequest } from "./settings.ts";

/** `tts.*` (protocol.md 3.11): spoken text, and the switch for spoken answers. */
export function createSpeechMethods(services: GatewayServices): Method[] {
  const desk = (): SpeechDesk => {
    if (services.speech) return services.speech;
    throw invalidRequest("this gateway does not speak");
  };
  const none = () => z.object({});
  return [
    method({
      name: "tts.status",
      authority: "read",
      lenient: true,
      params: none,
      handler: () => desk().status(),
    }),
    method({
      name: "tts.providers",
      authority: "read",
      lenient: true,
      params: none,
      handler: () => desk().providers(),
    }),
    method({
      name: "tts.enable",
      authority: "write",
      lenient: true,
      params: none,
      handler: () => desk().enable(true),
    }),
    method({
      name: "tts.disable",
      authority: "write",
      lenient: true,
      params: none,
      handler: () => desk().enable(false),
    }),
    method({
      name: "tts.setProvider",
      authority: "write",
      lenient: true,
      params: () => z.object({ provider: z.string().trim().min(1).max(100) }),
      handler: ({ provider }) => desk().setProvider(provider.toLowerCase()),
    }),
    method({
      name: "tts.convert",
      authority: "write",
      lenient: true,
      // What a platform takes as a voice message is Ogg Opus for all of them, so the channel decides nothing.
      params: () =>
        z.object({ text: z.string().trim().min(1).max(100_000), channel: z.string().max(100).optional() }),
      handler: ({ text }, { signal }) => desk().convert(text, signal),
    }),
  ];
}
