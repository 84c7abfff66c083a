import type { CommandDefinition } from "../../contract.ts";

export const definitions: CommandDefinition[] = [
  {
    path: ["configure"],
    summary: "Change what was set up, question by question",
    description:
      "The questions of `openclaw onboard` for the parts you choose; everything else stays as it is. Nothing is written before you confirm. Single keys: `openclaw config set`.",
    examples: [
      { line: "openclaw configure", does: "choose the parts, then answer" },
      { line: "openclaw configure --section model --section channels", does: "only these" },
    ],
    options: [
      {
        flags: "--section <name>",
        description: "model, gateway, channels, workspace, skills or service; repeatable",
        many: true,
      },
      { flags: "--lang <language>", description: "en or ja, instead of the terminal's locale" },
    ],
    load: () => import("./configure.ts"),
  },
];
