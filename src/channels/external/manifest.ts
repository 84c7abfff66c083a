import { realpathSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { messageOf, UserError } from "../../core/errors.ts";
import { isInside } from "../../guard/index.ts";
import { readTextIfExists } from "../../state/index.ts";
import { channelCapabilities, type ChannelCapabilities, type ChannelManifest } from "../contract.ts";

/** Version of what gateway and adapter say to each other; an adapter of another one is not started. */
export const adapterContract = 1;
export const manifestFile = "openclaw.channel.json";

const capability = z.enum(channelCapabilities);
const schema = z.object({
  contract: z.literal(adapterContract),
  id: z.string().regex(/^[a-z][a-z0-9-]{1,30}$/),
  label: z.string().min(1).max(60),
  /** Module that Node runs, inside the folder. */
  main: z.string().min(1),
  capabilities: z.object({
    ambiguousSend: z.enum(["dedupes", "queryable", "unknown"]),
    maxTextLength: z.number().int().min(64).max(1_000_000),
    maxMediaBytes: z
      .number()
      .int()
      .min(0)
      .max(64 * 1024 * 1024),
    can: z.array(capability),
    gaps: z.partialRecord(capability, z.string().min(1)),
    /** null where silence proves nothing. */
    silenceMs: z.number().int().min(1000).nullable(),
  }),
  credentials: z.array(
    z.object({
      key: z.string().regex(/^[a-zA-Z][a-zA-Z0-9]*$/),
      flag: z.string().regex(/^--[a-z][a-z-]*$/),
      title: z.string().min(1),
      optional: z.boolean().optional(),
    }),
  ),
  /** Keys that together may be used by one process at a time. */
  exclusive: z.array(z.string()).default([]),
});

/** A channel of somebody else, as its folder describes it. Nothing of it has been run. */
export interface AdapterPackage {
  folder: string;
  main: string;
  id: string;
  label: string;
  capabilities: ChannelCapabilities;
  credentials: ChannelManifest["credentials"];
  exclusive: string[];
}

/** Reads `openclaw.channel.json` of a folder. @throws UserError CHANNEL_PACKAGE that names the file and what is wrong. */
export function readAdapterPackage(folder: string): AdapterPackage {
  const file = join(folder, manifestFile);
  const fail = (why: string) =>
    new UserError("CHANNEL_PACKAGE", `${file}: ${why}`, { hint: "see docs/channels/adapter.md" });
  let text: string | null;
  try {
    text = readTextIfExists(file);
  } catch (error) {
    throw fail(messageOf(error));
  }
  if (text === null) throw fail("there is no such file");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw fail(`not JSON: ${messageOf(error)}`);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw fail(`${issue?.path.join(".") || "it"}: ${issue?.message ?? "invalid"}`);
  }
  const { id, label, credentials, exclusive, capabilities } = parsed.data;
  let main: string;
  let root: string;
  try {
    root = realpathSync(folder);
    main = realpathSync(join(root, parsed.data.main));
  } catch (error) {
    throw fail(`main: ${messageOf(error)}`);
  }
  if (!isInside(root, main)) throw fail(`main: ${JSON.stringify(parsed.data.main)} is outside of the folder`);
  return {
    folder: root,
    main,
    id,
    label,
    credentials: credentials.map(({ optional, ...each }) =>
      optional === undefined ? each : { ...each, optional },
    ),
    exclusive,
    capabilities: { ...capabilities, silenceMs: capabilities.silenceMs ?? Number.POSITIVE_INFINITY },
  };
}
