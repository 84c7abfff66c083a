import { z } from "zod";
import { codeOf, messageOf } from "../../core/errors.ts";
import { method, type GatewayServices, type Method } from "../contract.ts";
import { invalidRequest } from "./settings.ts";

const text = z.string().min(1);
const either = { id: text.optional(), jobId: text.optional() };

/** `cron.*` (protocol.md 3.6). */
export function createCronMethods(services: GatewayServices): Method[] {
  const { cron } = services;
  return [
    method({
      name: "cron.list",
      authority: "read",
      params: () => z.strictObject({ includeDisabled: z.boolean().optional() }),
      handler: ({ includeDisabled = false }) => ({ jobs: cron.list({ includeDisabled }) }),
    }),
    method({
      name: "cron.status",
      authority: "read",
      params: () => z.strictObject({}),
      handler: () => cron.status(),
    }),
    method({
      name: "cron.add",
      authority: "admin",
      // Checked by the normaliser, which opens wrappers first; it refuses members it does not know.
      lenient: true,
      params: () => z.record(z.string(), z.unknown()),
      handler: (params) => refusing("cron.add", () => cron.add(params)),
    }),
    method({
      name: "cron.update",
      authority: "admin",
      params: () => z.strictObject({ ...either, patch: z.record(z.string(), z.unknown()) }),
      handler: (params) => refusing("cron.update", () => cron.update(jobId(params), params.patch)),
    }),
    method({
      name: "cron.remove",
      authority: "admin",
      params: () => z.strictObject(either),
      handler: async (params) => ({ ok: true, removed: await cron.remove(jobId(params)) }),
    }),
    method({
      name: "cron.run",
      authority: "admin",
      params: () => z.strictObject({ ...either, mode: z.enum(["due", "force"]).optional() }),
      handler: async (params) =>
        refusing("cron.run", async () => ({
          ok: true,
          ...(await cron.run(jobId(params), params.mode ?? "due")),
        })),
    }),
    method({
      name: "cron.runs",
      authority: "read",
      params: () => z.strictObject({ ...either, limit: z.int().min(1).max(5000).optional() }),
      handler: (params) => ({ entries: cron.runs(jobId(params), params.limit ?? 200) }),
    }),
  ];
}

function jobId(params: { id?: string | undefined; jobId?: string | undefined }): string {
  const id = params.id ?? params.jobId;
  if (id === undefined) throw invalidRequest("must have required property 'id'");
  return id;
}

/** The store's refusals in the words clients of the wire know. */
async function refusing<T>(name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = codeOf(error);
    if (code === "CRON_INVALID") {
      throw invalidRequest(`invalid ${name} params: ${messageOf(error).replace(/^invalid cron job: /, "")}`);
    }
    if (code === "CRON_UNKNOWN") throw invalidRequest(messageOf(error), "openclaw cron list");
    throw error;
  }
}

/** `cron` events for operators. @returns stops announcing. */
export function createCronRelay(services: Pick<GatewayServices, "cron" | "broadcaster">): () => void {
  return services.cron.subscribe((event) =>
    services.broadcaster.broadcast("cron", event, { droppable: true, requires: "read" }),
  );
}
