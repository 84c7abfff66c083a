/** Whether to colour, by the usual rules: --no-color, NO_COLOR (any value), FORCE_COLOR, dumb terminals, pipes. */
export function wantsColor(options: {
  flag: boolean;
  env: Readonly<Record<string, string | undefined>>;
  isTTY: boolean;
}): boolean {
  if (!options.flag || (options.env.NO_COLOR ?? "") !== "") return false;
  if ((options.env.FORCE_COLOR ?? "") !== "") return options.env.FORCE_COLOR !== "0";
  return options.isTTY && options.env.TERM !== "dumb";
}
