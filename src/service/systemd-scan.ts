import { readdirSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "../core/errors.ts";
import type { FoundService, ServiceHost, ServiceRole } from "./contract.ts";
import { statusOf } from "./found.ts";
import { classifyUnit, serviceNames } from "./names.ts";
import { commandText, readDefinition } from "./runner.ts";
import { parseUnit } from "./systemd-unit.ts";

/** Our units and those of older names in the user's and the machine's folder (SVC-013, CONF-89). */
export async function scanUnits(
  host: ServiceHost,
  own: { profile: string; role: ServiceRole; system: boolean },
): Promise<FoundService[]> {
  const found: FoundService[] = [];
  for (const system of [false, true]) {
    const folder = system ? host.systemUnitDir : join(host.home, ".config", "systemd", "user");
    for (const name of unitNames(folder)) {
      const path = join(folder, name);
      const text = readable(path);
      const facts = text === null ? null : parseUnit(text).facts;
      const named = classifyUnit(name);
      const current = name === serviceNames(own.profile, own.role).unit && system === own.system;
      const status = statusOf({ named, current, facts, home: host.home });
      if (status === null) continue;
      const sudo = system && host.uid !== 0 ? "sudo " : "";
      const ctl = `${sudo}systemctl ${system ? "" : "--user "}`;
      found.push({
        name,
        path,
        status,
        facts,
        removal: [
          `${ctl}disable --now ${name}`,
          `${sudo}${commandText(["rm", path])}`,
          `${ctl}daemon-reload`,
        ],
      });
    }
  }
  return found;
}

function unitNames(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(".service"))
      .sort();
  } catch (error) {
    // No folder, or not ours to list: nothing to report from there.
    if (codeOf(error)) return [];
    throw error;
  }
}

function readable(path: string): string | null {
  try {
    return readDefinition(path);
  } catch {
    return null;
  }
}
