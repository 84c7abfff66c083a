import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { openRootFs, type RootFs } from "../../guard/index.ts";
import type { GatewayServices } from "../contract.ts";
import { invalidRequest } from "./settings.ts";

/** Per file; the oldest goes first. */
const maxVersions = 50;
const maxBytes = 1024 * 1024;
const versionId = /^(\d{13})-[0-9a-f]{12}$/;

export const textHash = (text: string | Uint8Array): string =>
  createHash("sha256").update(text).digest("hex").slice(0, 12);

/** Texts of an agent's files that a save took the place of: `<state>/agents/<agent>/file-history/<file>/`, files 0600. */
export interface AgentFileHistory {
  keep(agentId: string, file: string, content: Uint8Array): Promise<void>;
  /** Newest first. */
  list(agentId: string, file: string): Promise<Array<{ id: string; at: number; size: number }>>;
  /** @throws OpenClawError INVALID_REQUEST when there is no such version. */
  read(agentId: string, file: string, id: string): Promise<string>;
}

/** `agentId` and `file` have been checked against the lists of what there is. */
export function createAgentFileHistory({
  paths,
  clock,
}: Pick<GatewayServices, "paths" | "clock">): AgentFileHistory {
  async function folder(agentId: string): Promise<RootFs> {
    const path = join(paths.agentsDir, agentId, "file-history");
    await mkdir(path, { recursive: true, mode: 0o700 });
    return openRootFs(path);
  }
  /** Names of versions, oldest first. */
  async function names(root: RootFs, file: string): Promise<string[]> {
    if ((await root.stat(file)) === null) return [];
    const { entries } = await root.list(file, { limit: 10 * maxVersions });
    return entries
      .map(({ name }) => name)
      .filter((name) => versionId.test(name))
      .toSorted();
  }
  return {
    async keep(agentId, file, content) {
      const root = await folder(agentId);
      const known = await names(root, file);
      const id = `${String(clock.now()).padStart(13, "0")}-${textHash(content)}`;
      await root.write(`${file}/${id}`, content);
      for (const old of known.slice(0, Math.max(0, known.length + 1 - maxVersions)))
        await root.remove(`${file}/${old}`);
    },
    async list(agentId, file) {
      const root = await folder(agentId);
      const versions = [];
      for (const id of (await names(root, file)).toReversed()) {
        const info = await root.stat(`${file}/${id}`);
        if (info !== null) versions.push({ id, at: Number(id.slice(0, 13)), size: info.size });
      }
      return versions;
    },
    async read(agentId, file, id) {
      const root = await folder(agentId);
      if (!versionId.test(id) || (await root.stat(`${file}/${id}`)) === null)
        throw invalidRequest(`there is no version ${JSON.stringify(id.slice(0, 40))} of ${file}`);
      const { bytes } = await root.read(`${file}/${id}`, { length: maxBytes });
      return new TextDecoder().decode(bytes);
    },
  };
}
