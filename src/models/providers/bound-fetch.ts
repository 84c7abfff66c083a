/** What the wire itself did, seen below the SDK. */
export class AnswerError extends Error {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.name = "AnswerError";
    this.status = status;
  }
}

const maxErrorBytes = 64 * 1024;

/**
 * A fetch for one request of one login: only to `origin` (threats.md 4.11), without redirects, error bodies bounded,
 * HTML recognised as not being an answer, and `onBytes` called for whatever arrives.
 */
export function bindFetch(
  inner: typeof fetch,
  options: { origin: string; onBytes: () => void },
): typeof fetch {
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.origin !== options.origin)
      throw new Error(`the login for ${options.origin} is not sent to ${url.origin}`);
    const response = await inner(input, { ...init, redirect: "manual" });
    options.onBytes();
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel();
      throw new AnswerError(
        "answered with a redirect; set models.providers.<id>.baseUrl to the final address",
        response.status,
      );
    }
    if (!response.ok) {
      const text = await boundedText(response);
      return new Response(text, {
        status: response.status,
        statusText: response.statusText,
        headers: plain(response),
      });
    }
    if (/^text\/html\b/i.test(response.headers.get("content-type") ?? "")) {
      await response.body?.cancel();
      throw new AnswerError(
        "answered with an HTML page instead of an API response; check the base URL",
        response.status,
      );
    }
    if (!response.body) return response;
    const watched = watch(response.body, options.onBytes);
    return new Response(watched, { status: response.status, headers: plain(response) });
  };
}

/** The same bytes; by hand, since a TransformStream between costs more than all else that is done with a chunk. */
function watch(body: ReadableStream<Uint8Array>, onBytes: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        onBytes();
        controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** The body is decoded already; its old length and encoding would be wrong. */
function plain(response: Response): Headers {
  const headers = new Headers(response.headers);
  headers.delete("content-encoding");
  headers.delete("content-length");
  return headers;
}

async function boundedText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    text += decoder.decode(chunk, { stream: true });
    if (bytes > maxErrorBytes) break;
  }
  return text.slice(0, maxErrorBytes);
}
