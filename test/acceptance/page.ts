// docs/acceptance.md, from the data.
import { notRun, worlds } from "./cases/index.ts";
import { documented } from "./documented.ts";
import type { Case } from "./types.ts";

const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("\n", " ");
const code = (text: string) => `\`${cell(text)}\``;

/** @returns the page; the same data give the same text. */
export function page(): string {
  const { documents, commands } = documented();
  const placesOf = new Map(commands.map(({ command, sources }) => [command, sources]));
  const places = (command: string) => {
    const all = (placesOf.get(command) ?? []).map((source) => source.split(" ")[0] ?? "");
    return all.length > 3 ? `${all.slice(0, 3).join(", ")} and ${all.length - 3} more` : all.join(", ");
  };
  const run = new Set(worlds.flatMap((world) => world.cases.map((each) => each.command)));
  return [
    "# Acceptance: the documented commands",
    "",
    "`npm run acceptance` runs every `openclaw` command that the operator's documents print, once, on a machine of its own without an",
    "outside network, and checks exit status and output. This page is written by `npm run acceptance -- --write`.",
    "",
    `${commands.length} commands are printed; ${run.size} are run, ${notRun.length} are not.`,
    "",
    ...Object.entries(documents).map(([number, title]) => `- ${number}: ${title}`),
    "",
    "The numbers behind a command are document and line.",
    "",
    ...worlds.flatMap((world) => [
      `## ${world.name}`,
      "",
      `Prepared: ${world.what}.`,
      "",
      "| command | printed at | exit | must show | remark |",
      "| --- | --- | --- | --- | --- |",
      ...world.cases.map(
        (each) =>
          `| ${code(each.command)} | ${places(each.command)} | ${each.exit ?? 0} | ${shows(each)} | ${cell(each.note ?? "")} |`,
      ),
      "",
    ]),
    "## Not run",
    "",
    ...(notRun.length === 0
      ? ["None.", ""]
      : [
          "| command | printed at | reason |",
          "| --- | --- | --- |",
          ...notRun.map(
            ({ command, reason }) => `| ${code(command)} | ${places(command)} | ${cell(reason)} |`,
          ),
          "",
        ]),
  ].join("\n");
}

function shows(each: Case): string {
  const all = [...(each.until ? [each.until] : []), ...(each.stdout ?? []), ...(each.stderr ?? [])].map(
    (what) => (typeof what === "string" ? code(what) : code(what.source)),
  );
  return [...(each.json ? ["one JSON value"] : []), ...all].join(", ");
}
