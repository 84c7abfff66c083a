import type { CommandBody } from "../../contract.ts";

export const run: CommandBody = async ({ paths, out }) => {
  out.line(paths.configPath);
};
