import { z } from "zod";
import { openRootFs, type RootFs } from "../../guard/index.ts";
import { method, type GatewayServices, type Method } from "../contract.ts";
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

/** `agents.list`, `agents.files.*`. */
export function createAgentListMethods(services: GatewayServices): Method[] {
  return [
    method({
      name: "agents.list",
      authority: "read",
      params: z.strictObject({}),
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
      params: z.strictObject({ agentId }),
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
      params: z.strictObject({ agentId, name }),
      handler: (params) =>
        inWorkspace(services, params.agentId, async (root, place) => {
          const file = await describe(root, place.workspace, known(params.name));
          if (file.missing) return { ...place, file };
          const { bytes, size } = await root.read(params.name, { length: maxFileBytes });
          // Half a file shown in an editor would be saved as the whole one.
          if (size > maxFileBytes)
            throw invalidRequest(`${params.name} has ${size} bytes; it is too large to edit here`);
          return { ...place, file: { ...file, content: new TextDecoder().decode(bytes) } };
        }),
    }),
    method({
      name: "agents.files.set",
      authority: "admin",
      params: z.strictObject({ agentId, name, content: z.string().max(maxFileBytes) }),
      handler: (params) =>
        inWorkspace(services, params.agentId, async (root, place) => {
          await root.write(known(params.name), params.content);
          return { ok: true, ...place, file: await describe(root, place.workspace, params.name) };
        }),
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
