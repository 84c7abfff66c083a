import { readFile, readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { UserError, codeOf } from "../../../core/errors.ts";
import type { CommandBody } from "../../contract.ts";
import { flag } from "../../options.ts";
import { packageRoot } from "../../package-info.ts";

/** Works offline: the pages are files of the package. */
export const run: CommandBody = async ({ out }, [topic], options) => {
  const root = packageRoot();
  const all = await pages(root);
  const wanted = topic?.toLowerCase();
  const found = wanted
    ? all.filter(({ page, title }) => `${page} ${title}`.toLowerCase().includes(wanted))
    : all;
  if (flag(options, "json")) return out.json({ root, pages: found });
  if (found.length === 0) {
    throw new UserError(
      "DOCS_NOT_FOUND",
      topic ? `no page is about ${JSON.stringify(topic)}` : `no documentation lies in ${root}`,
      { hint: topic ? "openclaw docs" : "openclaw --help" },
    );
  }
  out.table(found.map(({ page, title }) => ({ page: join(root, page), title })));
};

async function pages(root: string): Promise<Array<{ page: string; title: string }>> {
  const found: Array<{ page: string; title: string }> = [];
  for (const name of await listing(join(root, "docs"))) {
    if (!name.endsWith(".md")) continue;
    const path = join(root, "docs", name);
    const text = await readFile(path, "utf8");
    found.push({ page: relative(root, path), title: /^#\s+(.+)$/m.exec(text)?.[1] ?? name });
  }
  for (const name of ["README.md", "CHANGELOG.md"]) {
    const text = await readFile(join(root, name), "utf8").catch(() => null);
    if (text !== null) found.push({ page: name, title: /^#\s+(.+)$/m.exec(text)?.[1] ?? name });
  }
  return found.sort((a, b) => a.page.localeCompare(b.page));
}

async function listing(folder: string): Promise<string[]> {
  try {
    return await readdir(folder, { recursive: true });
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}
