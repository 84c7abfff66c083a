/** A part of `multipart/form-data`. */
export interface FormPart {
  name: string;
  fileName?: string;
  /** Its own content type, where it has one. */
  type?: string;
  content: Buffer;
}

/** Reads a form as RFC 7578 has it; a name with spaces must be quoted, as servers demand it. */
export function readMultipart(body: Buffer, contentType: string): FormPart[] {
  const boundary = /boundary=(?:"([^"]+)"|([^;]+))/i.exec(contentType);
  const mark = Buffer.from(`--${boundary?.[1] ?? boundary?.[2] ?? ""}`);
  const parts: FormPart[] = [];
  let at = body.indexOf(mark);
  while (at >= 0) {
    const start = at + mark.length;
    if (body.subarray(start, start + 2).toString() === "--") break;
    const next = body.indexOf(Buffer.concat([Buffer.from("\r\n"), mark]), start);
    const end = body.indexOf("\r\n\r\n", start);
    if (next < 0 || end < 0 || end > next) throw new Error("a part is not closed");
    const header = body.subarray(start, end).toString("utf8");
    const name = parameter(header, "name");
    if (name === undefined) throw new Error(`a part has no name: ${header.trim()}`);
    const fileName = parameter(header, "filename");
    const type = /^content-type:\s*(.+)$/im.exec(header)?.[1]?.trim();
    parts.push({
      name,
      ...(type === undefined ? {} : { type }),
      ...(fileName === undefined ? {} : { fileName }),
      content: body.subarray(end + 4, next),
    });
    at = next + 2;
  }
  return parts;
}

function parameter(header: string, name: string): string | undefined {
  const match = new RegExp(`[;\\s]${name}=(?:"([^"]*)"|([^\\s;"]+)(?=[;\\r\\n]|$))`, "i").exec(header);
  return match?.[1] ?? match?.[2];
}
