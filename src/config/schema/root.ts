import * as z from "zod/mini";
import { agentsSection } from "./agents.ts";
import { cronSection, hooksSection } from "./automation.ts";
import {
  accessGroupsSection,
  broadcastSection,
  channelsSection,
  messagesSection,
  sessionSection,
} from "./channels.ts";
import { gatewaySection } from "./gateway.ts";
import {
  browserSection,
  canvasHostSection,
  commandsSection,
  loggingSection,
  machineSections,
  pluginsSection,
  skillsSection,
} from "./machine.ts";
import { authSection, modelsSection } from "./models.ts";
import { toolsSection } from "./tools.ts";
import { optionalText } from "./key.ts";

/**
 * The one schema of `openclaw.json` (group CFG). Parsing fills in every default; keys it does not know are dropped
 * from the effective configuration (they stay in the file and are reported as warnings), wrong types are errors.
 */
export const configSchema = z.object({
  $schema: optionalText("Address of the JSON Schema, for editors."),
  gateway: gatewaySection,
  agents: agentsSection,
  models: modelsSection,
  auth: authSection,
  tools: toolsSection,
  messages: messagesSection,
  session: sessionSection,
  channels: channelsSection,
  accessGroups: accessGroupsSection,
  broadcast: broadcastSection,
  cron: cronSection,
  hooks: hooksSection,
  logging: loggingSection,
  canvasHost: canvasHostSection,
  browser: browserSection,
  skills: skillsSection,
  plugins: pluginsSection,
  commands: commandsSection,
  ...machineSections,
});

/** Effective configuration: every section is there, defaults applied. */
export type OpenClawConfig = z.infer<typeof configSchema>;
