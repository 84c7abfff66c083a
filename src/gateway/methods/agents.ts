import { z } from "zod";
import { openRootFs, type RootFs } from "../../guard/index.ts";
import { method, type GatewayServices, type Method } from "../contract.ts";
import { createAgentFileHistory, textHash } from "./agent-file-history.ts";
import { agentsOf, defaultAgentOf, invalidRequest, mainKeyOf, requireAgent, settingsOf } from "./settings.ts";

/** The files of a workspace a client may see and write, in the order they are shown (protocol.md 3.7). */
const fileNames = [
  "AGENTS.md",
  "SOUL.md",
  "TOOLS.md",
  "IDENTITY.md",
  "USER.md",
  "HEARTBEAT.md",
  "BOOTSTRAP.md",
  "MEMORY.md",
];
const maxFileBytes = 512 * 1024;

const agentId = z.string().min(1);
const name = z.string().min(1);

/** `agents.list`, `agents.files.*`. A text that a save takes the place of is kept. */
export function createAgentListMethods(services: GatewayServices): Method[] {
  const history = createAgentFileHistory(services);
  return [
    method({
      name: "agents.list",
      authority: "read",
      params: () => z.strictObject({}),
      handler: () => ({
        defaultId: defaultAgentOf(services),
        mainKey: mainKeyOf(services),
        scope: settingsOf(services).session.scope,
        agents: agentsOf(services).map((agent) => ({
          id: agent.id,
          ...(agent.name === undefined ? {} : { name: agent.name }),
          ...(agent.identity === undefined ? {} : { identity: agent.identity }),
        })),
      }),
    }),
    method({
      name: "agents.files.list",
      authority: "admin",
      params: () => z.strictObject({ agentId }),
      handler: (params) =>
        inWorkspace(services, params.agentId, async (root, place) => {
          const files = [];
          for (const each of fileNames) files.push(await describe(root, place.workspace, each));
          return { ...place, files };
        }),
    }),
    method({
      name: "agents.files.get",
      authority: "admin",
      params: () => z.strictObject({ agentId, name }),
      handler: (params) =>
        inWorkspace(services, params.agentId, async (root, place) => {
          const file = await describe(root, place.workspace, known(params.name));
          if (file.missing) return { ...place, file };
          const { bytes, size } = await root.read(params.name, { length: maxFileBytes });
          // Half a file shown in an editor would be saved as the whole one.
          if (size > maxFileBytes)
            throw invalidRequest(`${params.name} has ${size} bytes; it is too large to edit here`);
          const content = new TextDecoder().decode(bytes);
          return { ...place, file: { ...file, content, hash: textHash(bytes) } };
        }),
    }),
    method({
      name: "agents.files.set",
      authority: "admin",
      params: () =>
        z.strictObject({
          agentId,
          name,
          content: z.string().max(maxFileBytes),
          // What the writer read, "" for a file that was not there: the agent writes these files too.
          baseHash: z.string().max(64).optional(),
        }),
      handler: (params) =>
        inWorkspace(services, params.agentId, async (root, place) => {
          const file = known(params.name);
          const before =
            (await root.stat(file)) === null ? null : await root.read(file, { length: maxFileBytes });
          const hash = before === null ? "" : textHash(before.bytes);
          if (params.baseHash !== undefined && params.baseHash !== hash)
            throw invalidRequest(`${file} was changed since it was read; read it again`, undefined, {
              reason: "changed",
            });
          if (before !== null && before.size <= maxFileBytes && hash !== textHash(params.content))
            await history.keep(place.agentId, file, before.bytes);
          await root.write(file, params.content);
          return { ok: true, ...place, file: await describe(root, place.workspace, file) };
        }),
    }),
    method({
      name: "agents.files.history",
      authority: "admin",
      params: () => z.strictObject({ agentId, name }),
      async handler(params) {
        const agent = requireAgent(services, params.agentId);
        return { agentId: agent, versions: await history.list(agent, known(params.name)) };
      },
    }),
    method({
      name: "agents.files.version",
      authority: "admin",
      params: () => z.strictObject({ agentId, name, id: z.string().min(1).max(64) }),
      async handler(params) {
        const agent = requireAgent(services, params.agentId);
        return { agentId: agent, content: await history.read(agent, known(params.name), params.id) };
      },
    }),
  ];
}

function known(wanted: string): string {
  if (fileNames.includes(wanted)) return wanted;
  throw invalidRequest(
    `unsupported file ${JSON.stringify(wanted.slice(0, 80))}: one of ${fileNames.join(", ")}`,
  );
}

interface Place {
  agentId: string;
  workspace: string;
}

async function inWorkspace<T>(
  services: GatewayServices,
  wanted: string,
  work: (root: RootFs, place: Place) => Promise<T>,
): Promise<T> {
  const agent = requireAgent(services, wanted);
  const workspace = services.workspaceDir(agent);
  return work(await openRootFs(workspace), { agentId: agent, workspace });
}

async function describe(root: RootFs, workspace: string, file: string) {
  const path = `${workspace}/${file}`;
  const info = await root.stat(file);
  if (info === null) return { name: file, path, missing: true };
  return { name: file, path, missing: false, size: info.size, updatedAtMs: Math.floor(info.mtimeMs) };
}
