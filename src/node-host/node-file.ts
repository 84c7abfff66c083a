import { join } from "node:path";
import { z } from "zod";
import { openJsonFile, type JsonFile } from "../state/index.ts";

const schema = z.looseObject({
  version: z.literal(1),
  displayName: z.string().min(1).max(200).optional(),
  /** Which gateway to connect to. */
  url: z.string().min(1).optional(),
  tlsFingerprint: z.string().optional(),
  shares: z
    .array(z.object({ path: z.string().startsWith("/"), write: z.boolean() }))
    .max(64)
    .optional(),
});

/** What `openclaw node run` was told last, in `<state>/node.json`; a service starts from it. Holds no secret. */
export type NodeFile = z.infer<typeof schema>;

export function openNodeFile(stateDir: string): JsonFile<NodeFile> {
  return openJsonFile<NodeFile>({
    path: join(stateDir, "node.json"),
    parse: (value) => schema.parse(value),
    empty: () => ({ version: 1 }),
  });
}
