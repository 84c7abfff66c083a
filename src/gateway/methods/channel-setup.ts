import { z } from "zod";
import { method, type GatewayServices, type Method } from "../contract.ts";
import { noteFor, written } from "./config-write.ts";
import { invalidRequest } from "./settings.ts";

const word = z.string().min(1).max(200);

/** `channels.add`: a channel that is not configured yet, with its credentials, as `openclaw channels add` writes it. */
export function createChannelSetupMethods(services: GatewayServices): Method[] {
  const { channels, config } = services;
  return [
    method({
      name: "channels.add",
      authority: "admin",
      params: () =>
        z.strictObject({
          channel: word,
          /** Credentials by key; empty ones are left out. */
          values: z.record(z.string(), z.string().max(8192)),
          baseHash: z.string(),
        }),
      async handler({ channel, values, baseHash }, context) {
        const manifest = channels.available().find(({ id }) => id === channel);
        if (!manifest)
          throw invalidRequest(`unknown channel ${JSON.stringify(channel)}`, "openclaw channels list");
        if (channels.ids().includes(channel))
          throw invalidRequest(
            `${manifest.label} is configured already`,
            `openclaw channels add --channel ${channel} --account NAME`,
          );
        const keys = new Set(manifest.credentials.map(({ key }) => key));
        const unknown = Object.keys(values).find((key) => !keys.has(key));
        if (unknown !== undefined)
          throw invalidRequest(`${manifest.label} has no credential ${JSON.stringify(unknown.slice(0, 80))}`);
        const given = Object.fromEntries(
          Object.entries(values).flatMap(([key, value]) =>
            value.trim() === "" ? [] : [[key, value.trim()]],
          ),
        );
        const problems = manifest.check(given);
        if (problems.length > 0)
          throw invalidRequest(
            problems.map(({ key, message }) => `${key}: ${message}`).join("; "),
            undefined,
            { code: "CHANNEL_CONFIG", problems },
          );
        const { note } = await noteFor(config, { baseHash, reason: `channels.add ${channel}` }, context);
        const snapshot = written(() =>
          config.merge({ channels: { [channel]: { enabled: true, ...given } } }, note),
        );
        return { ok: true, channel, path: snapshot.path };
      },
    }),
  ];
}
