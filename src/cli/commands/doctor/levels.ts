import type { RepairLevel } from "../../../doctor/index.ts";
import { flag } from "../../options.ts";

/** DOC-001…004: which repairs the flags of a command allow. */
export function levelsOf(options: Record<string, unknown>): RepairLevel[] {
  const agreed = flag(options, "repair") || flag(options, "yes");
  const careful = !agreed && (flag(options, "nonInteractive") || flag(options, "generateGatewayToken"));
  return [
    "safe",
    ...(careful ? [] : (["recommended"] as const)),
    ...(flag(options, "force") ? (["forced"] as const) : []),
  ];
}
