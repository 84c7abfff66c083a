import type { NotRun, World } from "../types.ts";
import { chats } from "./chats.ts";
import { foreground } from "./foreground.ts";
import { network } from "./network.ts";
import { profiles } from "./profiles.ts";
import { running } from "./running.ts";
import { service } from "./service.ts";
import { settings } from "./settings.ts";
import { terminal } from "./terminal.ts";

/** The long ones first: the runner takes them from the front. */
export const worlds: readonly World[] = [
  service,
  running,
  foreground,
  network,
  settings,
  chats,
  profiles,
  terminal,
];

/** Documented commands that no world runs, each with its reason. */
export const notRun: readonly NotRun[] = [];
