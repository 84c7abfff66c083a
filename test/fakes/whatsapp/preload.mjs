// For a gateway in a process of its own: `node --import ./test/fakes/whatsapp/preload.mjs …` makes it believe the double
// in place of WhatsApp, by exchanging the root key in the source of the library, bundled or not, as it is loaded.
import { registerHooks } from "node:module";
import { realRootHex, root } from "./authority.ts";

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.startsWith("file:") || !loaded.source) return loaded;
    const source = Buffer.from(loaded.source);
    if (!source.includes(realRootHex)) return loaded;
    return {
      ...loaded,
      source: source.toString("utf8").replaceAll(realRootHex, root.public.toString("hex")),
    };
  },
});
