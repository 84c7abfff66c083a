import { join } from "node:path";
import { isObject, type JsonObject } from "../../core/json.ts";
import type { Check, CheckContext, Found, Step } from "../contract.ts";
import { agentFolders, bytesOf } from "../disk.ts";

/** Logins that were borrowed from other command-line programs: nobody renews them here. */
const borrowed = /:(?:claude-cli|codex-cli|qwen-cli)$/;

/**
 * DOC-026, DOC-027: names of logins in files and configuration of older programs. An OAuth login of Anthropic is called
 * `anthropic:<name>`; a borrowed login of another program is not used.
 */
export const loginNames: Check = {
  id: "login-names",
  title: "Logins with names of older programs",
  severity: "warning",
  surface: "doctor",
  mends: "renamed or taken out of the file, which stays in the receipt",
  dependsOn: ["state-dir", "login-files", "config-invalid"],
  inspect(context) {
    const { paths } = context;
    const files = [
      join(paths.credentialsDir, "auth-profiles.json"),
      ...agentFolders(paths.agentsDir).map((id) => join(paths.agentsDir, id, "agent", "auth-profiles.json")),
    ];
    return [...files.flatMap(inFile), ...inConfig(context)];
  },
};

function inFile(path: string): Found[] {
  const document = parse(bytesOf(path));
  const profiles = document?.["profiles"];
  if (!document || !isObject(profiles)) return [];
  const names = new Map(Object.entries(profiles).map(([id, entry]) => [id, nameOf(id, entry, profiles)]));
  const wrong = [...names].filter(([id, name]) => name !== id);
  if (wrong.length === 0) return [];
  const next = renamed(document, names);
  return [
    {
      evidence: `${path}: ${wrong.map(([id, name]) => (name === null ? `${id} belongs to another program` : `${id} should be called ${name}`)).join(", ")}`,
      fix: "openclaw doctor --repair, then: openclaw models auth add",
      repair: {
        level: "recommended",
        tick: "names of logins mended",
        steps: [
          { kind: "write", path, bytes: Buffer.from(`${JSON.stringify(next, null, 2)}\n`), mode: 0o600 },
        ],
      },
    },
  ];
}

/** What a login should be called; null when it should not be there. */
function nameOf(id: string, entry: unknown, others: JsonObject): string | null {
  if (borrowed.test(id)) return null;
  if (!isObject(entry) || entry["type"] !== "oauth" || id.startsWith("anthropic:")) return id;
  if (entry["provider"] !== "anthropic" && id !== "anthropic") return id;
  const email = entry["email"];
  const name = `anthropic:${typeof email === "string" && /^[\w.+-]+@[\w.-]+$/.test(email) ? email : "default"}`;
  return name in others ? id : name;
}

/** The document with other names, also where they are referred to. */
function renamed(document: JsonObject, names: ReadonlyMap<string, string | null>): JsonObject {
  const to = (id: string) => (names.has(id) ? names.get(id) : borrowed.test(id) ? null : id) ?? null;
  const keys = (value: unknown) =>
    isObject(value)
      ? Object.fromEntries(
          Object.entries(value).flatMap(([id, inner]) => {
            const name = to(id);
            return name === null ? [] : [[name, inner]];
          }),
        )
      : value;
  const list = (value: unknown) =>
    Array.isArray(value) ? value.map((id) => (typeof id === "string" ? to(id) : id)).filter(Boolean) : value;
  const within = (value: unknown, change: (inner: unknown) => unknown) =>
    isObject(value)
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, change(inner)]))
      : value;
  const next: Record<string, unknown> = { ...document, profiles: keys(document["profiles"]) };
  if ("order" in document) next["order"] = within(document["order"], list);
  if ("usageStats" in document) next["usageStats"] = keys(document["usageStats"]);
  if (isObject(document["lastGood"]))
    next["lastGood"] = Object.fromEntries(
      Object.entries(document["lastGood"]).flatMap(([provider, id]) => {
        const name = typeof id === "string" ? to(id) : null;
        return name === null ? [] : [[provider, name]];
      }),
    );
  return next as JsonObject;
}

function inConfig({ config }: CheckContext): Found[] {
  const { profiles, order } = config.config.auth;
  const steps: Step[] = [];
  const seen: string[] = [];
  for (const id of Object.keys(profiles).filter((each) => borrowed.test(each))) {
    seen.push(`auth.profiles.${id}`);
    steps.push({ kind: "config-unset", path: ["auth", "profiles", id] });
  }
  for (const [provider, ids] of Object.entries(order)) {
    const kept = ids.filter((id) => !borrowed.test(id));
    if (kept.length === ids.length) continue;
    seen.push(`auth.order.${provider}`);
    steps.push({ kind: "config-set", path: ["auth", "order", provider], value: kept });
  }
  if (steps.length === 0) return [];
  return [
    {
      evidence: `${seen.join(", ")} name logins of other programs, which are not used`,
      fix: "openclaw doctor --repair",
      repair: { level: "recommended", tick: "names of logins mended", steps },
    },
  ];
}

function parse(bytes: Buffer | null): JsonObject | null {
  try {
    const value: unknown = JSON.parse(bytes?.toString("utf8") ?? "null");
    return isObject(value) ? (value as JsonObject) : null;
  } catch {
    return null; // which `login-files` reports
  }
}
