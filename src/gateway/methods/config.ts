import { z } from "zod";
import { messageOf } from "../../core/errors.ts";
import { isObject } from "../../core/json.ts";
import { configJsonSchema, uiHints } from "../../config/schema/index.ts";
import type { ConfigSnapshot } from "../../config/contract.ts";
import { writeFileAtomicAsync } from "../../state/index.ts";
import { method, type CallContext, type GatewayServices, type Method } from "../contract.ts";
import { RawJson } from "../results.ts";
import { redactConfig, restoreSecrets } from "./config-redaction.ts";
import { noteFor, written } from "./config-write.ts";
import { invalidRequest } from "./settings.ts";

const defaultRestartDelayMs = 2000;
const longestRestartDelayMs = 60_000;

const text = z.string();
const changeFields = {
  baseHash: text.optional(),
  sessionKey: text.optional(),
  note: text.max(2000).optional(),
  restartDelayMs: z.int().min(0).optional(),
};

/** `config.*` (protocol.md 3.2; RPC-020…022). */
export function createConfigMethods(services: GatewayServices): Method[] {
  const { config } = services;
  let schema: RawJson | null = null;

  async function replace(raw: string, baseHash: string | undefined, reason: string, context: CallContext) {
    const { note, current } = await noteFor(config, { baseHash, reason }, context);
    const restored = await restoreSecrets(raw, current);
    return written(() => config.replace(restored, note));
  }

  async function answer(snapshot: ConfigSnapshot) {
    return { ok: true, path: snapshot.path, config: (await redactConfig(snapshot)).config };
  }

  /** Answers a change that takes effect by a restart, and asks for it. */
  async function restarting(
    kind: "config-apply" | "config-patch",
    snapshot: ConfigSnapshot,
    wish: { sessionKey?: string | undefined; note?: string | undefined; restartDelayMs?: number | undefined },
  ) {
    const delayMs = Math.min(wish.restartDelayMs ?? defaultRestartDelayMs, longestRestartDelayMs);
    const payload = {
      kind,
      status: "ok",
      ts: services.clock.now(),
      ...(wish.sessionKey === undefined ? {} : { sessionKey: wish.sessionKey }),
      message: wish.note ?? null,
      doctorHint: "openclaw status",
      stats: { mode: kind, root: services.paths.stateDir },
    };
    const path = `${services.paths.stateDir}/restart-sentinel.json`;
    await writeFileAtomicAsync(path, `${JSON.stringify(payload, null, 2)}\n`, { mode: 0o600 });
    services.restart(kind.replace("-", "."), delayMs);
    return {
      ...(await answer(snapshot)),
      restart: {
        ok: true,
        pid: process.pid,
        signal: "SIGUSR1",
        delayMs,
        reason: kind.replace("-", "."),
        mode: "emit",
      },
      sentinel: { path, payload },
    };
  }

  return [
    method({
      name: "config.get",
      authority: "admin",
      params: () => z.strictObject({}),
      async handler() {
        const snapshot = config.read();
        const { raw, parsed, config: effective, hash } = await redactConfig(snapshot);
        return {
          path: snapshot.path,
          exists: snapshot.exists,
          raw,
          parsed,
          valid: snapshot.valid,
          config: effective,
          hash,
          issues: snapshot.issues,
          warnings: snapshot.warnings,
          legacyIssues: snapshot.legacyIssues,
        };
      },
    }),
    method({
      name: "config.schema",
      authority: "admin",
      params: () => z.strictObject({}),
      handler() {
        schema ??= new RawJson(
          JSON.stringify({
            schema: configJsonSchema(),
            uiHints: uiHints(),
            version: services.version,
            generatedAt: new Date(services.clock.now()).toISOString(),
          }),
        );
        return schema;
      },
    }),
    method({
      name: "config.set",
      authority: "admin",
      params: () => z.strictObject({ raw: text, baseHash: text.optional(), sessionKey: text.optional() }),
      handler: async ({ raw, baseHash }, context) =>
        answer(await replace(raw, baseHash, "config.set", context)),
    }),
    method({
      name: "config.apply",
      authority: "admin",
      params: () =>
        z.strictObject({
          raw: text.optional(),
          /** The documents' form (RPC-022): the configuration itself instead of its text. */
          config: z.record(z.string(), z.unknown()).optional(),
          ...changeFields,
        }),
      async handler(params, context) {
        if ((params.raw === undefined) === (params.config === undefined)) {
          throw invalidRequest("invalid config.apply params: give exactly one of raw, config");
        }
        const raw = params.raw ?? `${JSON.stringify(params.config, null, 2)}\n`;
        const snapshot = await replace(raw, params.baseHash, params.note ?? "config.apply", context);
        return restarting("config-apply", snapshot, params);
      },
    }),
    method({
      name: "config.patch",
      authority: "admin",
      params: () => z.strictObject({ raw: text, ...changeFields }),
      async handler(params, context) {
        const { note, current } = await noteFor(
          config,
          { baseHash: params.baseHash, reason: params.note ?? "config.patch" },
          context,
        );
        const patch = await parsePatch(await restoreSecrets(params.raw, current));
        return restarting(
          "config-patch",
          written(() => config.merge(patch, note)),
          params,
        );
      },
    }),
  ];
}

async function parsePatch(raw: string): Promise<Record<string, unknown>> {
  const json5 = (await import("json5")).default;
  let patch: unknown;
  try {
    patch = json5.parse(raw);
  } catch (error) {
    throw invalidRequest(`raw is not JSON5: ${messageOf(error)}`);
  }
  if (!isObject(patch)) throw invalidRequest("config.patch raw must be an object");
  return patch;
}
