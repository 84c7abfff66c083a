/** One frame of RFC 6455 as a client sees it. */
export interface Frame {
  final: boolean;
  opcode: number;
  payload: Buffer;
}

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** What the other side did against the protocol, with the code to close with. */
export class FrameError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** A masked frame, ready to be written. */
export function encodeFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const extra = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const start = 6 + extra;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (extra === 0 ? length : extra === 2 ? 126 : 127);
  if (extra === 2) frame.writeUInt16BE(length, 2);
  if (extra === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  // Masks keep web pages from steering what proxies see; on loopback from a program of ours any number does.
  const mask = Math.floor(Math.random() * 2 ** 32);
  frame.writeUInt32BE(mask, start - 4);
  for (let i = 0; i < length; i++)
    frame[start + i] = (payload[i] ?? 0) ^ ((mask >>> (24 - (i % 4) * 8)) & 0xff);
  return frame;
}

/**
 * Takes bytes as they come and hands out whole frames of a server.
 * @throws FrameError from `take` for what a server must not send, and for payloads above `maxPayload` bytes.
 */
export function createFrameReader(maxPayload: number): { add(bytes: Buffer): void; take(): Frame | null } {
  let chunks: Buffer[] = [];
  let size = 0;
  /** The first `count` bytes without removing them; joins chunks only when a frame needs it. */
  const peek = (count: number): Buffer | null => {
    if (size < count) return null;
    const [first] = chunks;
    if (first && first.length >= count) return first;
    const joined = Buffer.concat(chunks, size);
    chunks = [joined];
    return joined;
  };
  return {
    add(bytes) {
      chunks.push(bytes);
      size += bytes.length;
    },
    take() {
      const start = peek(2);
      if (!start) return null;
      const [first = 0, second = 0] = start;
      if (first & 0x70) throw new FrameError(1002, "reserved bits are set");
      if (second & 0x80) throw new FrameError(1002, "a server's frame is masked");
      const opcode = first & 0x0f;
      const final = (first & 0x80) !== 0;
      const short = second & 0x7f;
      if (opcode >= 8 && (!final || short > 125))
        throw new FrameError(1002, "a control frame is too long or in parts");
      const headLength = short < 126 ? 2 : short === 126 ? 4 : 10;
      const head = peek(headLength);
      if (!head) return null;
      const length =
        short < 126 ? short : short === 126 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2));
      if (length > maxPayload) throw new FrameError(1009, `a message is longer than ${maxPayload} bytes`);
      const whole = peek(headLength + length);
      if (!whole) return null;
      const payload = whole.subarray(headLength, headLength + length);
      const rest = whole.subarray(headLength + length);
      chunks = rest.length > 0 ? [rest, ...chunks.slice(1)] : chunks.slice(1);
      size -= headLength + length;
      return { final, opcode, payload };
    },
  };
}
