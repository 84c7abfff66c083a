/** Scripts written without spaces: the word index cannot cut them, so they are indexed by one and two characters. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]+/gu;
const stopWords = new Set(
  "a about an and are as at be but by can did do does for from had has have how i in is it its know me my of on or our say said tell that the their them they this to was we were what when where which who why will with you your".split(
    " ",
  ),
);

/** The pieces of unspaced text, for the second column of the index. */
export function unspacedTerms(text: string): string {
  const terms: string[] = [];
  for (const run of text.match(unspaced) ?? []) {
    const characters = Array.from(run);
    for (const [index, character] of characters.entries()) {
      terms.push(character);
      const next = characters[index + 1];
      if (next !== undefined) terms.push(character + next);
    }
  }
  return terms.join(" ");
}

export interface Query {
  /** FTS5 expression over words and unspaced terms; null when the text has neither. */
  words: string | null;
  /** FTS5 expression over three-character pieces, for parts of words. */
  pieces: string | null;
}

/** A question as full-text expressions. Every term is quoted: nothing of the question is taken as an operator. */
export function parseQuery(text: string): Query {
  const all = (
    text
      .toLowerCase()
      .replace(unspaced, " ")
      .match(/[\p{L}\p{N}_]+/gu) ?? []
  ).slice(0, 64);
  const telling = all.filter((word) => !stopWords.has(word));
  const words = [...new Set(telling.length > 0 ? telling : all)];
  const runs = text.match(unspaced) ?? [];
  const terms = words.map((word) => (word.length >= 3 ? `"${word}"*` : `"${word}"`));
  for (const run of runs.slice(0, 16)) {
    const characters = Array.from(run).slice(0, 64);
    if (characters.length === 1) terms.push(`"${characters[0]}"`);
    for (let at = 0; at + 1 < characters.length; at++) terms.push(`"${characters[at]}${characters[at + 1]}"`);
  }
  const pieces = words.filter((word) => word.length >= 3).map((word) => `"${word}"`);
  return {
    words: terms.length > 0 ? terms.join(" OR ") : null,
    pieces: pieces.length > 0 ? pieces.join(" OR ") : null,
  };
}
