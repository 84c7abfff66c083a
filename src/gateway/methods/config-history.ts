import { z } from "zod";
import { reloadPlan } from "../../config/reload/index.ts";
import type { ConfigSnapshot } from "../../config/contract.ts";
import { method, type GatewayServices, type Method } from "../contract.ts";
import { redactConfig, restoreSecrets } from "./config-redaction.ts";
import { noteFor, written } from "./config-write.ts";
import { invalidRequest } from "./settings.ts";

const patch = z.record(z.string(), z.unknown());
const hash = z.string().regex(/^[0-9a-f]{6,64}$/);

/** What a change of the configuration would mean, and the way back from one: `config.plan|merge|history|revision|revert`. */
export function createConfigHistoryMethods(services: GatewayServices): Method[] {
  const { config } = services;

  return [
    method({
      name: "config.plan",
      authority: "admin",
      // The whole text, or what `config.merge` would be given.
      params: () => z.strictObject({ raw: z.string().optional(), patch: patch.optional() }),
      async handler(params) {
        if ((params.raw === undefined) === (params.patch === undefined))
          throw invalidRequest("invalid config.plan params: give exactly one of raw, patch");
        const current = config.read();
        // A secret that a client only saw as a marker is the stored one.
        const raw =
          params.raw === undefined
            ? config.mergedText(await secretsOf(params.patch ?? {}, current))
            : await restoreSecrets(params.raw, current);
        const after = config.judge(raw);
        if (!after.file || !after.effective)
          throw invalidRequest("invalid config", "openclaw config validate", { issues: after.issues });
        const before = config.judge(current.raw);
        if (!before.file || !before.effective)
          throw invalidRequest("the present config file has errors, so there is nothing to compare with");
        return reloadPlan({
          before: before.file,
          after: after.file,
          overrides: config.overrides(),
          effective: { before: before.effective, after: after.effective },
        });
      },
    }),
    method({
      name: "config.merge",
      authority: "admin",
      params: () => z.strictObject({ patch, baseHash: z.string() }),
      async handler(params, context) {
        const { note, current } = await noteFor(
          config,
          { baseHash: params.baseHash, reason: "config.merge" },
          context,
        );
        const merged = await secretsOf(params.patch, current);
        const snapshot = written(() => config.merge(merged, note));
        return { ok: true, path: snapshot.path, hash: (await redactConfig(snapshot)).hash };
      },
    }),
    method({
      name: "config.history",
      authority: "admin",
      params: () => z.strictObject({ limit: z.int().min(1).max(1000).optional() }),
      handler({ limit = 50 }) {
        const current = config.read().hash;
        return {
          revisions: config.history(limit).map((each) => ({ ...each, current: each.hash === current })),
        };
      },
    }),
    method({
      name: "config.revision",
      authority: "admin",
      params: () => z.strictObject({ hash }),
      async handler(params) {
        const { revision, raw } = config.revision(params.hash);
        const json5 = (await import("json5")).default;
        const parsed: unknown = json5.parse(raw);
        const redacted = await redactConfig({ raw, parsed, config: null, hash: revision.hash });
        return { revision, raw: redacted.raw };
      },
    }),
    method({
      name: "config.revert",
      authority: "admin",
      params: () => z.strictObject({ hash }),
      handler(params, context) {
        const { client } = context.connection;
        const { revision } = config.revision(params.hash);
        const snapshot = config.revert(revision.hash, {
          author: `rpc:${client.displayName ?? client.id}`,
          reason: `config.revert ${revision.hash.slice(0, 12)}`,
        });
        return { ok: true, path: snapshot.path, revision };
      },
    }),
  ];
}

/** A patch in which markers of secrets are the secrets again. */
async function secretsOf(
  wanted: Record<string, unknown>,
  current: ConfigSnapshot,
): Promise<Record<string, unknown>> {
  return JSON.parse(await restoreSecrets(JSON.stringify(wanted), current)) as Record<string, unknown>;
}
