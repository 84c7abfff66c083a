import { basename } from "node:path";

/**
 * Filters that may run without asking when the operator names them in `tools.exec.safeBins`: options from a closed
 * list, no operand that is a file, so that nothing but standard input is read and nothing is written.
 */
const filters: Record<string, { flags: RegExp; operands: number; valueFlags?: RegExp }> = {
  cat: { flags: /^-[nbsETA]+$/, operands: 0 },
  cut: { flags: /^-(?:[dfcb].+|s)$/, operands: 0, valueFlags: /^-[dfcb]$/ },
  head: { flags: /^-(?:n?\d+|c\d+)$/, operands: 0, valueFlags: /^-[nc]$/ },
  nl: { flags: /^-b[atn]$/, operands: 0 },
  rev: { flags: /^$/, operands: 0 },
  tac: { flags: /^$/, operands: 0 },
  tail: { flags: /^-(?:n?\d+|c\d+)$/, operands: 0, valueFlags: /^-[nc]$/ },
  tr: { flags: /^-[cds]+$/, operands: 2 },
  uniq: { flags: /^-[cdui]+$/, operands: 0 },
  wc: { flags: /^-[lwcmL]+$/, operands: 0 },
  date: { flags: /^-u$/, operands: 0 },
  id: { flags: /^-[ugn]+$/, operands: 0 },
  pwd: { flags: /^-[LP]$/, operands: 0 },
  true: { flags: /^$/, operands: 0 },
  uname: { flags: /^-[asnrvm]+$/, operands: 0 },
  uptime: { flags: /^-[ps]$/, operands: 0 },
  whoami: { flags: /^$/, operands: 0 },
};

/** Whether an argument list is such a use of such a filter. Does not look at the file system. */
export function isSafeUse(argv: readonly string[], realPath: string, safeBins: readonly string[]): boolean {
  const name = basename(argv[0] ?? "");
  const filter = Object.hasOwn(filters, name) ? filters[name] : undefined;
  if (!filter || !safeBins.includes(name)) return false;
  if (!/^\/(?:usr\/)?s?bin\//.test(realPath) || basename(realPath) !== name) return false;
  let operands = 0;
  for (let at = 1; at < argv.length; at++) {
    const word = argv[at] ?? "";
    if (filter.valueFlags?.test(word)) {
      if (++at >= argv.length) return false;
    } else if (word.startsWith("-")) {
      if (!filter.flags.test(word)) return false;
    } else if (++operands > filter.operands) return false;
  }
  return true;
}
