/**
 * Whether a relative path matches a glob: `*` and `?` within a name, `**` over any number of folders, everything else
 * literal. A pattern without `/` is matched against the last name. Time is bounded by pattern × path; no regular
 * expression is built from input (threats.md 4.16).
 */
export function matchGlob(pattern: string, path: string): boolean {
  const wanted = pattern.split("/").filter((part) => part !== "" && part !== ".");
  const names = path.split("/");
  if (!pattern.includes("/")) return matchName(pattern, names.at(-1) ?? "");
  // Row by row over the pattern: which prefixes of the path are matched so far.
  let reached = new Set([0]);
  for (const part of wanted) {
    const next = new Set<number>();
    for (const from of reached) {
      if (part === "**") for (let to = from; to <= names.length; to++) next.add(to);
      else if (from < names.length && matchName(part, names[from] ?? "")) next.add(from + 1);
    }
    reached = next;
  }
  return reached.has(names.length);
}

/** One name against `*` and `?`; greedy with a single point of return, so linear in practice and quadratic at worst. */
function matchName(pattern: string, name: string): boolean {
  let p = 0;
  let n = 0;
  let star = -1;
  let mark = 0;
  while (n < name.length) {
    if (p < pattern.length && pattern[p] === "*") {
      star = p++;
      mark = n;
    } else if (p < pattern.length && (pattern[p] === "?" || pattern[p] === name[n])) {
      p++;
      n++;
    } else if (star !== -1) {
      p = star + 1;
      n = ++mark;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}
