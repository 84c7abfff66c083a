import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Installation } from "../app/contract.ts";
import { installRoot, packageRoot } from "./package-info.ts";

/** How this copy of the program came here. */
export type InstallKind = Installation["kind"];

export function installKind(): InstallKind {
  const root = packageRoot();
  if (installRoot() !== root) return "slots";
  return existsSync(join(root, "src")) || existsSync(join(root, ".git")) ? "checkout" : "npm";
}

export function installation(): Installation {
  const kind = installKind();
  const root = packageRoot();
  return {
    kind,
    root: installRoot(),
    byHand: {
      slots: "openclaw update",
      checkout: `git -C ${root} pull && npm --prefix ${root} run build`,
      npm: "npm i -g openclaw@latest",
    }[kind],
  };
}
