/** How ids in a text are read; "" where a name is not known. */
export interface WordFacts {
  nameOf(id: string): string;
}

const entities: Record<string, string> = { "&lt;": "<", "&gt;": ">", "&amp;": "&" };

/**
 * What somebody wrote, from how Slack hands it over: `<@U1>` is a name, `<https://…|words>` an address, and three
 * characters are entities.
 */
export function wordsOf(raw: string, facts: WordFacts): string {
  return raw.replace(
    /<([^<>|]+)(?:\|([^<>]*))?>|&(?:lt|gt|amp);/g,
    (all, target?: string, label?: string) => {
      if (target === undefined) return entities[all] ?? all;
      const words = plain(label ?? "");
      if (target.startsWith("@")) return `@${words || facts.nameOf(target.slice(1)) || target.slice(1)}`;
      if (target.startsWith("#")) return `#${words || facts.nameOf(target.slice(1)) || target.slice(1)}`;
      if (target.startsWith("!")) return words || `@${target.slice(1).replace(/\^.*$/, "")}`;
      const url = plain(target);
      return words === "" ||
        words === url ||
        url === `mailto:${words}` ||
        /^https?:\/\/$/.test(url.replace(words, ""))
        ? words || url
        : `${words} (${url})`;
    },
  );
}

function plain(text: string): string {
  return text.replace(/&(?:lt|gt|amp);/g, (entity) => entities[entity] ?? entity);
}

/** Whether a text rings somebody: by Slack's own mark, never by the letters of a name. */
export function mentions(raw: string, userId: string): boolean {
  return new RegExp(`<@${userId}(?:\\|[^<>]*)?>`).test(raw);
}
