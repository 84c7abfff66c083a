/** One Server-Sent Event. */
export interface ServerEvent {
  event: string;
  data: string;
}

const longestLine = 32 * 1024 * 1024;

/**
 * Reads Server-Sent Events (html.spec.whatwg.org, 9.2) until the stream ends. `onBytes` hears of every chunk, comments
 * that only keep the connection alive included. Rejects when the stream breaks, or a line is longer than any message.
 */
export async function readEvents(
  stream: ReadableStream<Uint8Array>,
  on: { bytes(): void; event(event: ServerEvent): void },
): Promise<void> {
  const decoder = new TextDecoder();
  let rest = "";
  let event = "";
  let data: string[] = [];
  for await (const chunk of stream) {
    on.bytes();
    rest += decoder.decode(chunk, { stream: true });
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    if (rest.length > longestLine) throw new Error("a line of the stream is too long");
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) on.event({ event: event || "message", data: data.join("\n") });
        event = "";
        data = [];
      } else if (!line.startsWith(":")) {
        const [, field = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
        if (field === "event") event = value;
        else if (field === "data") data.push(value);
      }
    }
  }
}
