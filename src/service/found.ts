import { join } from "node:path";
import type { FoundService, ServiceFacts } from "./contract.ts";
import type { NameClass } from "./names.ts";

/**
 * What a definition is to us; null for a stranger's. A service named after a profile is never extra, whatever it says
 * (HID-030); one that only carries our marker is.
 */
export function statusOf(seen: {
  named: NameClass;
  current: boolean;
  facts: ServiceFacts | null;
  home: string;
}): FoundService["status"] | null {
  const { named, facts, home } = seen;
  if (seen.current) return "current";
  if (named?.kind === "ours") return "profile";
  if (named?.kind === "legacy") return "legacy";
  if (!facts?.marked) return null;
  const known = facts.stateDir !== null && facts.stateDir === expectedStateDir(facts.profile, home);
  return known ? "profile" : "extra";
}

function expectedStateDir(profile: string | null, home: string): string {
  return join(
    home,
    profile === null || profile === "default" || profile === "main" ? ".openclaw" : `.openclaw-${profile}`,
  );
}
