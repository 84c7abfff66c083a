/** A name for a header line: no quotes, no line breaks, no path. */
export function safeFileName(name: string): string {
  const plain = name
    .replace(/[\p{Cc}"\\/]/gu, "_")
    .trim()
    .slice(0, 120)
    .toWellFormed();
  return plain === "" ? "file" : plain;
}
