import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { openDesk } from "./desk.ts";

export const run: CommandBody = async (context, _args, options) => {
  const { out } = context;
  const servers = await (await openDesk(context)).scan();
  if (flag(options, "json")) return out.json({ count: servers.length, servers });
  if (servers.length === 0) {
    out.line("No model server answers on this machine.");
    return out.note("Looked for Ollama (11434), LM Studio (1234), llama.cpp (8080) and vLLM (8000).");
  }
  out.table(
    servers.flatMap((server) =>
      server.models.map((model) => ({ model, server: server.name, address: server.baseUrl })),
    ),
  );
  out.note("Use one: openclaw models set <model>");
};
