import type { CommandDefinition } from "../../contract.ts";

export const definitions: CommandDefinition[] = [
  {
    path: ["completion"],
    summary: "Print the completion script of a shell",
    examples: [
      { line: 'eval "$(openclaw completion bash)"', does: "in ~/.bashrc" },
      { line: "openclaw completion zsh > ~/.zfunc/_openclaw", does: "with ~/.zfunc in fpath" },
      { line: "openclaw completion fish > ~/.config/fish/completions/openclaw.fish", does: "for fish" },
    ],
    args: [{ name: "[shell]", description: "bash, zsh or fish; the one in SHELL unless given" }],
    load: () => import("./completion.ts"),
  },
];
