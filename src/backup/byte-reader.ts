/** Reads exact amounts from a stream of chunks. */
export interface ByteReader {
  /** Exactly `length` bytes; fewer only at the end of the stream. */
  take(length: number): Promise<Buffer>;
  /** The next `length` bytes in the pieces they come in; ends early at the end of the stream. */
  pieces(length: number): AsyncGenerator<Buffer>;
  /** Lets go of the stream. */
  close(): Promise<void>;
}

export function createByteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const chunks = source[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);

  async function* pieces(length: number): AsyncGenerator<Buffer> {
    let left = length;
    while (left > 0) {
      if (rest.length === 0) {
        const next = await chunks.next();
        if (next.done) return;
        rest = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
        continue;
      }
      const piece = rest.subarray(0, left);
      rest = rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  return {
    pieces,
    async take(length) {
      const parts: Buffer[] = [];
      for await (const piece of pieces(length)) parts.push(piece);
      return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
    },
    async close() {
      await chunks.return?.();
    },
  };
}
