import { Secret } from "../core/secret.ts";

const marker = "[redacted]";

/** Shapes of credentials that may stand anywhere in a text. The first group, where there is one, is kept. */
const shapes: readonly RegExp[] = [
  /([?&](?:token|password|key|api_key|access_token|secret)=)[^&\s"']+/gi,
  /\b(Bearer\s+)[A-Za-z0-9._~+/=-]{8,}/gi,
  /\b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}/g,
  /\b(?:xox[abprs]|xapp)-[A-Za-z0-9-]{10,}/g,
  /\bgh[pousr]_[A-Za-z0-9]{20,}/g,
  /\bAIza[A-Za-z0-9_-]{30,}/g,
  /\b\d{6,}:[A-Za-z0-9_-]{30,}/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g,
  /(:\/\/[^/\s:@]*:)[^/\s@]+(?=@)/g,
];

/** Names of fields whose value is a secret whatever it looks like. */
const secretName =
  /(?:^|[a-z_-])(?:token|secret|password|passphrase|apikey|api_key|authorization|cookie|privatekey|private_key)$/i;

const maxText = 4000;
const maxItems = 50;
const maxDepth = 5;

export interface Redactor {
  text(value: string): string;
  /** A copy fit for a log: secrets hidden by type, by field name and by shape; long texts, lists and depth bounded. */
  value(value: unknown): unknown;
}

/**
 * @param options.secrets values known to be secret, e.g. the gateway token: hidden wherever they stand.
 * @param options.patterns further regular expressions of the operator (`logging.redactPatterns`); one that does not
 *   compile is passed over and named by `onBadPattern`.
 */
export function createRedactor(options: {
  secrets: () => readonly Secret[];
  patterns: readonly string[];
  onBadPattern?: (pattern: string) => void;
}): Redactor {
  const own: RegExp[] = [];
  for (const pattern of options.patterns) {
    try {
      own.push(new RegExp(pattern, "g"));
    } catch {
      options.onBadPattern?.(pattern);
    }
  }

  function text(value: string): string {
    let result = value;
    for (const secret of options.secrets()) {
      const plain = secret.reveal();
      if (plain.length >= 8 && result.includes(plain)) result = result.replaceAll(plain, marker);
    }
    for (const shape of shapes)
      result = result.replace(shape, (_, kept) => (typeof kept === "string" ? `${kept}${marker}` : marker));
    for (const pattern of own) result = result.replace(pattern, marker);
    return result;
  }

  function copy(value: unknown, depth: number): unknown {
    if (typeof value === "string")
      return text(
        value.length > maxText ? `${value.slice(0, maxText)}… (${value.length} characters)` : value,
      );
    if (value === null || typeof value === "number" || typeof value === "boolean" || value === undefined)
      return value;
    if (value instanceof Secret) return value.toString();
    if (value instanceof Error) return text(value.stack ?? value.message);
    if (value instanceof Date) return value.toISOString();
    if (typeof value !== "object") return typeof value === "bigint" ? value.toString() : `<${typeof value}>`;
    if (depth >= maxDepth) return "…";
    if (ArrayBuffer.isView(value)) return `<${value.byteLength} bytes>`;
    if (Array.isArray(value)) {
      const items = value.slice(0, maxItems).map((item) => copy(item, depth + 1));
      return value.length > maxItems ? [...items, `… (${value.length} items)`] : items;
    }
    return Object.fromEntries(
      Object.entries(value)
        .slice(0, maxItems)
        .map(([name, item]) => [
          name,
          secretName.test(name) && item !== null && item !== undefined ? marker : copy(item, depth + 1),
        ]),
    );
  }

  return { text, value: (value) => copy(value, 0) };
}
