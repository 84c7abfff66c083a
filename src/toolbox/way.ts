import { isObject } from "../core/json.ts";

/** One way to install what a skill needs, as its file names it: a stranger's words until a plan was made of them. */
export interface InstallWay {
  id: string;
  /** `brew`, `node`, `go`, `uv`, `download`, or a word we do not know. */
  kind: string;
  label: string;
  /** Programs it brings. */
  bins: string[];
  /** Platforms it is for, as `process.platform`; empty for all. */
  os: string[];
  /** `formula`, `package`, `module`, `url`, `sha256`, `archive`: what is said about the thing itself. */
  what: Readonly<Record<string, string>>;
}

const said = ["formula", "package", "module", "url", "sha256", "archive"] as const;
const maxWays = 16;

/** Reads `metadata.install` of a skill file; what is no object is left out. */
export function installWays(list: unknown): InstallWay[] {
  const items = Array.isArray(list) ? list.filter(isObject).slice(0, maxWays) : [];
  return items.map((item, index) => {
    const kind = text(item["kind"]) ?? "manual";
    return {
      id: text(item["id"]) ?? `${kind}-${index}`,
      kind,
      label: text(item["label"]) ?? `Install (${kind})`,
      bins: texts(item["bins"]),
      os: texts(item["os"]),
      what: Object.fromEntries(
        said.flatMap((name) => {
          const value = text(item[name]);
          return value === null ? [] : [[name, value]];
        }),
      ),
    };
  });
}

/** One line without control characters, 300 characters at most. */
function text(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const line = value
    .toWellFormed()
    .replaceAll(/[\s\u0000-\u001f\u007f-\u009f]+/g, " ")
    .trim();
  return line === "" ? null : line.slice(0, 300).toWellFormed();
}

const texts = (value: unknown): string[] =>
  (Array.isArray(value) ? value : []).flatMap((item) => text(item) ?? []).slice(0, 32);
