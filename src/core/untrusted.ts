/**
 * Text that somebody else wrote, with where it came from. The label stays with the text through storage and queues
 * (threats.md 4.19); it is taken off only by an encoder for the place the text goes to, such as {@link renderForModel}.
 */
export interface Untrusted<T = string> {
  readonly untrusted: T;
  /** Where it came from, e.g. `channel:webhook`, `web_fetch`, `workspace`. */
  readonly origin: string;
}

export function untrusted<T>(value: T, origin: string): Untrusted<T> {
  return Object.freeze({ untrusted: value, origin });
}

/** Names of the tags our own code writes around foreign text. Anything in the text that looks like one is escaped. */
const tagNames = ["untrusted", "file"] as const;
export type UntrustedTag = (typeof tagNames)[number];

const invisible = "[\\u00ad\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff]*";
const opener = "[<\\uff1c\\ufe64\\u2039\\u3008\\u27e8]";
const lookAlike = new RegExp(
  `${opener}(?=[\\s/\\\\]*${invisible}[\\s/\\\\]*(?:${tagNames.map((name) => name.split("").join(invisible)).join("|")}))`,
  "giu",
);

/**
 * Foreign text as the model sees it: between two tags that carry `boundary`, which the writer of the text could not
 * know. Whatever in the text looks like such a tag, or repeats the boundary, is escaped, so the text cannot end its own
 * block. `attributes` are written as quoted single lines of at most 120 characters.
 */
export function renderForModel(
  value: Untrusted,
  options: { tag: UntrustedTag; boundary: string; attributes?: Record<string, string | undefined> },
): string {
  const { tag, boundary } = options;
  const attributes = Object.entries(options.attributes ?? {})
    .flatMap(([name, text]) => (text === undefined ? [] : [` ${name}=${quoteLabel(text)}`]))
    .join("");
  const body = value.untrusted.toWellFormed().replaceAll(lookAlike, "&lt;").replaceAll(boundary, "[removed]");
  return `<${tag}-${boundary}${attributes}>\n${body}\n</${tag}-${boundary}>`;
}

/** A foreign name on one line: control and direction characters removed, bounded, quoted, angle brackets escaped. */
export function quoteLabel(text: string, maxChars = 120): string {
  const line = text
    .toWellFormed()
    .replaceAll(/[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gu, " ")
    .replaceAll(/\s+/gu, " ")
    .trim();
  const bounded = line.length > maxChars ? `${line.slice(0, maxChars - 1).toWellFormed()}…` : line;
  return JSON.stringify(bounded).replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
