const maxMessage = 600;

/**
 * Makes the words of a provider fit to be shown and logged: the secret itself, anything that looks like one and the
 * query part of addresses are taken out, control characters become spaces, and the whole is bounded
 * (threats.md 4.15).
 */
export function createRedactor(secret: string | null): (text: string) => string {
  return (text) => {
    let clean = secret && secret.length >= 4 ? text.replaceAll(secret, "[secret]") : text;
    clean = clean
      .replace(/(\bhttps?:\/\/[^\s?#"'<>]*)\?[^\s"'<>]*/gi, "$1?…")
      .replace(/(\bhttps?:\/\/)[^\s/@"'<>]+@/gi, "$1")
      .replace(/\b(?:sk|pk|rk|gsk|xai|AIza|ya29|ghp|glpat)[-_A-Za-z0-9.*]{12,}/g, "[secret]")
      .replace(/\bBearer\s+\S+/gi, "Bearer [secret]")
      .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ")
      .toWellFormed()
      .trim();
    return clean.length > maxMessage ? `${clean.slice(0, maxMessage).toWellFormed()}…` : clean;
  };
}
