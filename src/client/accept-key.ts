const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/**
 * The `Sec-WebSocket-Accept` a server must answer to a key (RFC 6455, 4.2.2): base64 of SHA-1. Computed here because
 * the protocol uses it against mix-ups, not against anybody, and node:crypto takes 4 ms of a command to load.
 */
export function acceptKey(key: string): string {
  return sha1(Buffer.from(key + guid, "latin1")).toString("base64");
}

/** FIPS 180-4, 6.1. */
function sha1(message: Buffer): Buffer {
  const padded = Buffer.alloc(Math.ceil((message.length + 9) / 64) * 64);
  message.copy(padded);
  padded[message.length] = 0x80;
  padded.writeUInt32BE(message.length * 8, padded.length - 4);
  const state = Int32Array.of(0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0);
  const words = new Int32Array(80);
  const at = (index: number) => words[index] ?? 0;
  for (let block = 0; block < padded.length; block += 64) {
    for (let i = 0; i < 80; i++)
      words[i] =
        i < 16
          ? padded.readInt32BE(block + i * 4)
          : rotate(at(i - 3) ^ at(i - 8) ^ at(i - 14) ^ at(i - 16), 1);
    let [a = 0, b = 0, c = 0, d = 0, e = 0] = state;
    for (let i = 0; i < 80; i++) {
      const [mixed, constant] =
        i < 20
          ? [(b & c) | (~b & d), 0x5a827999]
          : i < 40
            ? [b ^ c ^ d, 0x6ed9eba1]
            : i < 60
              ? [(b & c) | (b & d) | (c & d), 0x8f1bbcdc]
              : [b ^ c ^ d, 0xca62c1d6];
      const next = (rotate(a, 5) + mixed + e + constant + at(i)) | 0;
      [e, d, c, b, a] = [d, c, rotate(b, 30), a, next];
    }
    for (const [i, value] of [a, b, c, d, e].entries()) state[i] = ((state[i] ?? 0) + value) | 0;
  }
  const digest = Buffer.alloc(20);
  for (const [i, value] of state.entries()) digest.writeInt32BE(value, i * 4);
  return digest;
}

const rotate = (value: number, by: number) => (value << by) | (value >>> (32 - by));
