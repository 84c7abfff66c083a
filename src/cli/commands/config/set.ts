import { parsePath, redactValue } from "../../../config/index.ts";
import { UsageError } from "../../../core/errors.ts";
import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { noteFor, shadowOf, warningsFor, whenItCounts } from "../../config-changes.ts";

export const run: CommandBody = async (context, [path = "", typed], options) => {
  const { out, stdin } = context;
  const fromStdin = flag(options, "stdin");
  if (fromStdin === (typed !== undefined)) {
    throw new UsageError(
      fromStdin ? "give the value as a word or with --stdin, not both" : "the value is missing",
      {
        hint: `openclaw config set ${path || "<path>"} <value>`,
      },
    );
  }
  const value = typed ?? (await readAll(stdin)).replace(/\r?\n$/, "");
  const store = await context.openConfig();
  const segments = parsePath(path);
  const before = store.read().parsed;
  const snapshot = store.set(path, value, noteFor(`config set ${path}`));
  const shadow = shadowOf(store, path);
  const warnings = warningsFor(store, path);
  if (flag(options, "json")) {
    return out.json({
      ok: true,
      path,
      value: redactValue(store.get(path), segments),
      hash: snapshot.hash,
      shadowedBy: shadow,
      warnings,
    });
  }
  out.line(`Set ${path} = ${JSON.stringify(redactValue(store.get(path), segments))} in ${store.path}`);
  for (const warning of warnings) out.note(`warning: ${warning}`);
  if (!snapshot.valid) out.note("warning: the file still has other mistakes; see `openclaw config validate`");
  if (shadow) out.note(`warning: ${shadow} goes before the file, so this has no effect while it is set`);
  const when = await whenItCounts(context, { before, after: snapshot.parsed });
  if (when) out.note(when);
};

async function readAll(stream: NodeJS.ReadStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks).toString("utf8");
}
