import type { JSX } from "preact";
import { t } from "./devices-text.ts";

const known = ["read", "write", "approvals", "pairing", "admin"] as const;

/** What a device may do, each right with a word about what it means; what can do everything stands out. */
export function Scopes({ role, scopes }: { role: string; scopes: readonly string[] }): JSX.Element {
  if (role === "node") return <span class="soft">{t("scopeNode")}</span>;
  if (scopes.length === 0) return <span class="soft">{t("scopeNone")}</span>;
  return (
    <ul class="scopes">
      {scopes.map((scope) => {
        const name = scope.replace(/^operator\./, "");
        const word = known.find((each) => each === name);
        return (
          <li key={scope}>
            <span class={name === "admin" ? "pill warn" : "pill"}>{name}</span>{" "}
            <span class="soft">{word === undefined ? "" : t(`scope_${word}`)}</span>
          </li>
        );
      })}
    </ul>
  );
}
