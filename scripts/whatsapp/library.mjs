// Makes one module of the WhatsApp library (baileys) for the bundle: 45 MB as installed, 0.5 MB here (docs/decisions/0010).
import { fileURLToPath } from "node:url";
import { readProtoTable } from "./proto-table.mjs";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/**
 * Our own Signal protocol in place of the package `libsignal`, whose GPL-3.0 an MIT package cannot ship; and Node's crypto
 * in place of 2 MB of WebAssembly.
 */
const instead = {
  libsignal: here("../../src/channels/whatsapp/signal/index.ts"),
  "libsignal/src/curve.js": here("../../src/channels/whatsapp/signal/primitives.ts"),
  "libsignal/src/crypto.js": here("../../src/channels/whatsapp/signal/primitives.ts"),
  "libsignal/src/protobufs.js": here("../../src/channels/whatsapp/signal/wire.ts"),
  "whatsapp-rust-bridge": here("crypto.mjs"),
};

/** Never reached: we make thumbnails, durations and previews of nothing. */
const left = ["sharp", "jimp", "audio-decode", "link-preview-js", "music-metadata"];

const silentLogger = `const quiet = () => {};
const logger = { level: "silent", child: () => logger, trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet };
export default logger;`;

/** Rolldown plugin for the library alone. */
const slim = {
  name: "whatsapp-library",
  resolveId(source) {
    return instead[source] ?? null;
  },
  load(id) {
    if (id.endsWith("/baileys/lib/Utils/logger.js")) return silentLogger;
    if (!id.endsWith("/baileys/WAProto/index.js")) return null;
    const table = JSON.stringify(JSON.stringify(readProtoTable()));
    return `import { makeProto } from ${JSON.stringify(here("proto-runtime.mjs"))};
export const proto = makeProto(JSON.parse(${table}));`;
  },
};

async function bundleLibrary() {
  const { rolldown } = await import("rolldown");
  const bundle = await rolldown({
    input: here("entry.mjs"),
    platform: "node",
    // The gateway has one of its own.
    external: [/^node:/, "ws", ...left],
    treeshake: true,
    plugins: [slim],
    logLevel: "silent",
  });
  const { output } = await bundle.generate({
    format: "esm",
    minify: { compress: true, mangle: true, codegen: { removeWhitespace: true } },
    comments: false,
    codeSplitting: false,
  });
  await bundle.close();
  const [{ code, moduleIds }] = output;
  const foreign = moduleIds.filter((id) => /[/\\]node_modules[/\\]libsignal[/\\]/.test(id));
  if (foreign.length > 0) throw new Error(`libsignal (GPL-3.0) would be shipped: ${foreign.join(", ")}`);
  return { code, moduleIds };
}

/**
 * Rolldown plugin: `baileys` becomes that module. `moduleIds()` are the files that went into it, for their licences.
 */
export function whatsappLibrary() {
  let made = null;
  return {
    name: "whatsapp",
    moduleIds: () => made?.moduleIds ?? [],
    left,
    resolveId(source) {
      return source === "baileys" ? "\0whatsapp-library" : null;
    },
    async load(id) {
      if (id !== "\0whatsapp-library") return null;
      made ??= await bundleLibrary();
      return { code: made.code, moduleSideEffects: false };
    },
  };
}
