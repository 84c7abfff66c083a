/** Offsets of something that means something only as a whole. */
export interface Span {
  start: number;
  end: number;
}

// Every repetition is bounded, so that hostile text costs linear time.
const patterns = [
  /!?\[[^\]\n]{0,400}\]\([^()\s]{1,2000}(?:\([^()\s]{0,200}\)[^()\s]{0,500})?(?:[ \t]+"[^"\n]{0,200}")?\)/g,
  /<?\bhttps?:\/\/[^\s<>]{1,2000}>?/g,
  /(?<!`)(`{1,2})(?!`)[^`\n]{1,400}\1(?!`)/g,
  /(?<![*\w])\*\*(?=\S)[^*\n]{1,200}\*\*(?![*\w])/g,
  /(?<![~\w])~~(?=\S)[^~\n]{1,200}~~(?![~\w])/g,
];

/**
 * Links, addresses, inline code and short emphasised words of `text`, as far as they fit into `limit`: a cut inside one
 * would change what is read.
 */
export function wholeSpans(text: string, limit: number): Span[] {
  const spans: Span[] = [];
  for (const pattern of patterns)
    for (const match of text.matchAll(pattern))
      if (match[0].length <= limit) spans.push({ start: match.index, end: match.index + match[0].length });
  return spans;
}
