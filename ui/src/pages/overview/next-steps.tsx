import type { JSX } from "preact";
import { Icon } from "../../components/icon.tsx";
import { health } from "../../gateway/health.ts";
import { may } from "../../gateway/scopes.ts";
import { followLink, href } from "../../router.ts";
import type { Status } from "./overview-page.tsx";
import { t } from "./overview-text.ts";

/** What a new gateway still lacks, until it is there. */
export function NextSteps({ status }: { status: Status }): JSX.Element | null {
  const steps = [
    ...(health.value?.models?.primary?.startsWith("builtin/")
      ? [{ page: "setup", icon: "models", title: t("addModel"), about: t("addModelSays") } as const]
      : []),
    ...((status.channels ?? []).length === 0
      ? [{ page: "channels", icon: "channels", title: t("addChannel"), about: t("addChannelSays") } as const]
      : []),
  ];
  if (steps.length === 0 || !may("admin")) return null;
  return (
    <section class="card">
      <h2>{t("next")}</h2>
      <ul class="next-steps">
        {steps.map(({ page, icon, title, about }) => (
          <li key={page}>
            <a href={href(page)} onClick={(event) => followLink(event, page)}>
              <Icon name={icon} />
              <span>
                <strong>{title}</strong>
                <span class="soft">{about}</span>
              </span>
              <span class="next-mark" aria-hidden="true">
                ›
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
