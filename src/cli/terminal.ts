/**
 * The one encoder for text that came from outside (models, logs, peers, files) on its way to a terminal: control
 * characters and direction overrides become visible, so nothing can move the cursor, hide text or forge a prompt
 * (threats.md, section 3, `Untrusted`).
 */
export function printable(text: string): string {
  return text.replace(/\r\n/g, "\n").replace(unsafe, visible);
}

/** As {@link printable}, on one line: line breaks and tabs become spaces. */
export function printableLine(text: string): string {
  return printable(text).replace(/[\n\t]+/g, " ");
}

/** As {@link printable}, but keeps the few style sequences that our own `style` writes. */
export function printableStyled(text: string): string {
  return text
    .split(ownStyle)
    .map((part, i) => (i % 2 === 1 ? part : printable(part)))
    .join("");
}

const ownStyle = /(\u001b\[(?:0|1|2|22|31|32|33|36|39)m)/;

const unsafe =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function visible(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code === 0x200d) return character; // joins emoji; harmless
  return `\\u${code.toString(16).padStart(4, "0")}`;
}

/** Columns a text takes on a terminal: East Asian wide characters and emoji count two, combining marks none. */
export function displayWidth(text: string): number {
  const bare = text.includes("\u001b") ? stripStyle(text) : text;
  // The segmenter costs tens of milliseconds to load: plain text, which is nearly all there is, must not pay for it.
  if (oneColumnEach.test(bare)) return bare.length;
  let width = 0;
  for (const { segment } of segmenter().segment(bare)) {
    const code = segment.codePointAt(0) ?? 0;
    width += code < 0x300 ? 1 : isWide(code, segment) ? 2 : /^\p{M}|^\u200d/u.test(segment) ? 0 : 1;
  }
  return width;
}

/** Latin, Greek, Cyrillic, general punctuation and arrows: one column for each, nothing combining. */
const oneColumnEach = /^[\u0020-\u007e\u00a0-\u02ff\u0370-\u0482\u048a-\u058f\u2010-\u2027\u2190-\u21ff]*$/;

/** Cuts to at most `width` columns, with an ellipsis when something is missing. Styles are dropped when it cuts. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let out = "";
  let used = 0;
  for (const { segment } of segmenter().segment(stripStyle(text))) {
    const w = displayWidth(segment);
    if (used + w > width - 1) break;
    out += segment;
    used += w;
  }
  return `${out}…`;
}

export function stripStyle(text: string): string {
  return text.replace(/\u001b\[[0-9;]*m/g, "");
}

function segmenter(): Intl.Segmenter {
  return new Intl.Segmenter("en", { granularity: "grapheme" });
}

function isWide(code: number, segment: string): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    code >= 0x1f300 ||
    (segment.includes("\ufe0f") && code >= 0x2190)
  );
}
