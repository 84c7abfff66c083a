/** Text that waits for the main session's next run: `system-event` and reports of nodes. Bounded; the oldest go. */
export interface SystemEvents {
  push(event: { text: string; source: string }): void;
  /** Texts in order, for `status.queuedSystemEvents`. */
  list(): string[];
  /** Takes all, for the prompt of the next run; they are data, never instructions (threats.md 4.19). */
  drain(): Array<{ text: string; source: string; at: number }>;
}

const maxEvents = 20;
const maxLength = 4000;

export function createSystemEvents(now: () => number): SystemEvents {
  let events: Array<{ text: string; source: string; at: number }> = [];
  return {
    push({ text, source }) {
      events.push({ text: text.slice(0, maxLength), source, at: now() });
      events = events.slice(-maxEvents);
    },
    list: () => events.map((event) => event.text),
    drain() {
      const taken = events;
      events = [];
      return taken;
    },
  };
}
