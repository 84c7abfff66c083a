// Writes docs/cli.md and docs/reference/ from the code; with --check fails when a page is not what the code says.
//   node scripts/bootstrap.mjs scripts/docs.ts [--check]
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { cliReference } from "../src/cli/docs-page.ts";
import { allDefinitions } from "../src/cli/registry.ts";
import { noEffectKeys, schemaPaths, reloadClass, type KeyInfo } from "../src/config/schema/index.ts";
import { z } from "zod";
import type { Method } from "../src/gateway/contract.ts";
import { createHealth } from "../src/gateway/health.ts";
import { createBrowserMethods } from "../src/gateway/methods/browser.ts";
import { createDeviceMethods } from "../src/gateway/methods/device.ts";
import { createServiceMethods } from "../src/gateway/methods/index.ts";
import { createLoginCodeMethods } from "../src/gateway/methods/login-code.ts";
import { createNodePairMethods } from "../src/gateway/methods/node-pair.ts";
import { createNodeApprovalMethods } from "../src/gateway/methods/node-approvals.ts";
import { createNodeMethods } from "../src/gateway/methods/node.ts";
import { createPresenceMethods } from "../src/gateway/methods/presence.ts";
import { createVoiceMethods } from "../src/gateway/methods/voice.ts";
import { conformancePage, readMatrix } from "../test/channels/matrix.ts";
import { createTestServices } from "../test/support/gateway-services.ts";
import { checks } from "../src/doctor/index.ts";
import { outcomeReasons } from "../src/core/outcome.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");

interface SchemaNode {
  _zod: { def: { type: string; entries?: Record<string, string>; element?: SchemaNode } };
}

function typeOf(node: SchemaNode): string {
  const { def } = node._zod;
  if (def.type === "enum")
    return Object.values(def.entries ?? {})
      .map((word) => `\`${word}\``)
      .join(", ");
  if (def.type === "array") return `list of ${def.element ? typeOf(def.element) : "anything"}`;
  if (def.type === "int" || def.type === "number") return "number";
  return def.type;
}

function configPage(): string {
  const rows: string[] = [];
  const unread = noEffectKeys();
  let group = "";
  for (const { path, node, info } of schemaPaths() as Iterable<{
    path: string;
    node: SchemaNode;
    info: KeyInfo;
  }>) {
    const section = path.split(".", 1)[0] ?? path;
    if (section !== group) {
      group = section;
      rows.push("", `## ${section}`, "", "| key | type | when changed | |", "|---|---|---|---|");
    }
    if (node._zod.def.type === "object") continue;
    const change = { hot: "at once", restart: "restart", "restart-part": "its part restarts" }[
      reloadClass(path.split("."))
    ];
    const idle = unread.find(({ prefix }) => path === prefix || path.startsWith(`${prefix}.`));
    const note = idle ? ` *No effect in this version: ${cell(idle.reason)}.*` : "";
    rows.push(
      `| \`${path}\` | ${cell(typeOf(node))} | ${change} | ${cell(info.description)}${info.sensitive ? " *(secret)*" : ""}${note} |`,
    );
  }
  return `# Configuration keys

Made from the schema by \`scripts/docs.ts\`. \`*\` stands for any name or index. See a key's value and where it comes from with
\`openclaw config get --explain <key>\`; get the JSON Schema with \`openclaw config schema\`. A key *without effect* is accepted so that existing files stay valid; \`openclaw config validate\`
warns when one is set to anything but its default.
${rows.join("\n")}
`;
}

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (entry.name.endsWith(".ts") && !entry.name.endsWith(".test.ts")) yield path;
  }
}

function errorsPage(): string {
  const codes = new Map<string, { message: string; places: Set<string> }>();
  for (const file of sources(join(root, "src"))) {
    const text = readFileSync(file, "utf8");
    for (const match of text.matchAll(
      /new (?:OpenClawError|UserError|FailureWithPayload)\(\s*"([A-Z][A-Z0-9_]+)",\s*([`"])((?:\\.|(?!\2)[\s\S])*)\2/g,
    )) {
      const [, code = "", , message = ""] = match;
      const entry = codes.get(code) ?? { message, places: new Set() };
      entry.places.add(relative(root, file));
      codes.set(code, entry);
    }
  }
  const rows = [...codes]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([code, { message, places }]) =>
        `| \`${code}\` | ${cell(message.replaceAll(/\$\{[^}]*\}/g, "…"))} | ${[...places].join(", ")} |`,
    );
  const reasons = Object.entries(outcomeReasons).map(([reason, meaning]) => `| \`${reason}\` | ${meaning} |`);
  return `# Errors and outcomes

Made from the code by \`scripts/docs.ts\`.

## Error codes

Every failure carries a stable code, a message that quotes the bad value, and where there is one the command that mends it.

| code | message | raised in |
|---|---|---|
${rows.join("\n")}

## Outcomes of messages

Every accepted or refused message ends in exactly one of these; \`openclaw why <id>\` shows it.

| outcome | meaning |
|---|---|
${reasons.join("\n")}
`;
}

/** Every RPC method as the gateway knows it: the same table answers calls, is advertised in hello-ok, and is printed here. */
async function methodsPage(): Promise<string> {
  const made = await createTestServices();
  const { services } = made;
  const nothing = {} as never;
  const methods: Method[] = [
    ...createServiceMethods(services, createHealth(services)),
    ...createBrowserMethods(nothing),
    ...createPresenceMethods(nothing),
    ...createDeviceMethods(nothing),
    ...createLoginCodeMethods(nothing),
    ...createNodeMethods(nothing),
    ...createNodeApprovalMethods(nothing),
    ...createNodePairMethods(nothing),
    ...createVoiceMethods(nothing),
  ];
  const rows = methods
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((each) => {
      const schema = z.toJSONSchema(each.params, { io: "input", unrepresentable: "any" }) as {
        properties?: Record<string, unknown>;
        required?: string[];
      };
      const params = Object.keys(schema.properties ?? {}).map(
        (name) => `\`${name}\`${schema.required?.includes(name) ? "*" : ""}`,
      );
      return `| \`${each.name}\`${each.hidden ? " (hidden)" : ""} | ${each.authority}${each.authorityFor ? " †" : ""} | ${params.join(", ") || "none"} |`;
    });
  await made.close();
  return `# RPC methods

Made from the method table by \`scripts/docs.ts\`. What a method answers is in [protocol.md](../protocol.md). A method that is not here
answers \`unknown method\`. \\* required; † some parameters need more authority; hidden methods answer but are not advertised.

| method | authority | parameters |
|---|---|---|
${rows.join("\n")}
`;
}

/** What doctor and audit look for: the fault table. */
function checksPage(): string {
  const rows = checks.map(
    ({ id, title, severity, surface, mends, dependsOn }) =>
      `| \`${id}\` | ${cell(title)} | ${severity} | ${surface === "both" ? "doctor, audit" : surface} | ${cell(mends)} | ${dependsOn?.map((other) => `\`${other}\``).join(", ") ?? ""} |`,
  );
  return `# What \`doctor\` and \`security audit\` look for

Made from the list of checks by \`scripts/docs.ts\`. A check is left out while one it depends on has a critical finding. How repairs
are made and taken back: [doctor.md](../doctor.md), [security.md](../security.md).

| check | finding | severity | shown by | mended by | after |
|---|---|---|---|---|---|
${rows.join("\n")}
`;
}

const pages: Record<string, () => string | Promise<string>> = {
  "docs/channels/conformance.md": () => conformancePage(readMatrix()),
  "docs/cli.md": async () => cliReference(await allDefinitions()),
  "docs/reference/checks.md": checksPage,
  "docs/reference/config.md": configPage,
  "docs/reference/errors.md": errorsPage,
  "docs/reference/methods.md": methodsPage,
};

const check = process.argv.includes("--check");
let stale = 0;
for (const [path, make] of Object.entries(pages)) {
  const text = await make();
  const file = join(root, path);
  if (!check) {
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, text);
    continue;
  }
  let current = "";
  try {
    current = readFileSync(file, "utf8");
  } catch {
    current = "";
  }
  if (current !== text) {
    stale++;
    console.error(`docs: ${path} is not what the code says; run: node scripts/bootstrap.mjs scripts/docs.ts`);
  }
}
console.log(check ? `docs: ${stale === 0 ? "up to date" : `${stale} stale`}` : "docs: written");
process.exit(stale === 0 ? 0 : 1);
