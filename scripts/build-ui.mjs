// Bundles the Control UI: one script per page, names that change with their content, nothing inline (threats.md 4.4).
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./bootstrap.mjs";

const source = join(root, "ui");

/** The client's opener for Node is never called in a browser: there the page's own WebSocket opens. */
const withoutNode = {
  name: "without-node",
  resolveId: (id) => (/(?:^|\/)node-socket\.ts$/.test(id) ? "\0node-socket" : null),
  load: (id) => (id === "\0node-socket" ? "export const nodeOpener = undefined;" : null),
};

/** Writes the page below `folder`. Returns the chunks, for their licences. */
export async function buildUi(folder) {
  const { rolldown } = await import("rolldown");
  const bundle = await rolldown({
    input: { app: join(source, "src/main.tsx") },
    platform: "browser",
    tsconfig: join(source, "tsconfig.json"),
    plugins: [withoutNode],
    logLevel: "warn",
  });
  const { output } = await bundle.write({
    dir: join(folder, "assets"),
    format: "esm",
    entryFileNames: "[name]-[hash].js",
    chunkFileNames: "[name]-[hash].js",
    minify: true,
    comments: false,
  });
  await bundle.close();
  const script = output.find((chunk) => chunk.type === "chunk" && chunk.isEntry).fileName;
  const style = stylesheet();
  const name = `app-${createHash("sha256").update(style).digest("base64url").slice(0, 8)}.css`;
  mkdirSync(join(folder, "assets"), { recursive: true });
  writeFileSync(join(folder, "assets", name), style);
  const page = readFileSync(join(source, "index.html"), "utf8")
    .replace("%STYLE%", `assets/${name}`)
    .replace("%SCRIPT%", `assets/${script}`);
  writeFileSync(join(folder, "index.html"), page);
  copyFileSync(join(source, "icon.svg"), join(folder, "icon.svg"));
  return output;
}

/** Every sheet below ui/src in the order of their paths; the base comes first by its name. */
function stylesheet() {
  const sheets = readdirSync(join(source, "src"), { recursive: true })
    .filter((path) => path.endsWith(".css"))
    .sort((one, other) => (rank(one) === rank(other) ? (one < other ? -1 : 1) : rank(one) - rank(other)));
  return sheets
    .map((path) => readFileSync(join(source, "src", path), "utf8"))
    .join("\n")
    .replaceAll(/\/\*[^]*?\*\//g, "")
    .replaceAll(/\s*\n\s*/g, "\n");
}

const rank = (path) => (path.startsWith("styles") ? 0 : 1);
