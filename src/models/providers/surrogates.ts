/**
 * Puts surrogate pairs together that a provider cut apart between two deltas, and replaces halves that stay alone, so
 * that every delta we pass on is well-formed text.
 */
export function createSurrogateJoiner(): { push(delta: string): string; end(): string } {
  let held = "";
  return {
    push(delta) {
      let text = held + delta;
      held = "";
      if (/[\ud800-\udbff]$/.test(text)) {
        held = text.slice(-1);
        text = text.slice(0, -1);
      }
      return text.toWellFormed();
    },
    end() {
      const rest = held.toWellFormed();
      held = "";
      return rest;
    },
  };
}
