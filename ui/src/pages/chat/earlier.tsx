import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { earlier, showVersion } from "./chat-state.ts";
import { t } from "./chat-text.ts";
import { Versions } from "./edit.tsx";
import { itemsOf } from "./items.ts";
import { Message } from "./message.tsx";
import type { VersionPage } from "./wire.ts";

/** What was said before a message was changed: to read, in the place of the conversation from there on. */
export function EarlierVersion({ page }: { page: VersionPage }): JSX.Element {
  const { id, version, of, messages, more } = page;
  const frame = useRef<HTMLElement>(null);
  useLayoutEffect(() => frame.current?.scrollIntoView({ block: "start" }), [id]);
  return (
    <section class="earlier" ref={frame} aria-label={t("earlierVersion")}>
      <header>
        <strong>{t("earlierVersion")}</strong>
        <Versions entry={id} shown={version} of={of} />
        <button type="button" class="small" onClick={() => void showVersion(id, of, of)}>
          {t("backToNow")}
        </button>
        <p class="soft">{t("earlierHint")}</p>
      </header>
      {itemsOf(messages).map((item) => (
        <Message key={`${version}-${item.key}`} item={item} isPast />
      ))}
      {more ? <p class="soft center">{t("earlierMore")}</p> : null}
    </section>
  );
}

/** The items of a conversation up to the message an earlier version of which is shown. */
export function beforeEarlier<T extends { entry: string | null }>(items: T[]): T[] {
  const page = earlier.value;
  const at = page === null ? -1 : items.findIndex(({ entry }) => entry === page.id);
  return at < 0 ? items : items.slice(0, at);
}
