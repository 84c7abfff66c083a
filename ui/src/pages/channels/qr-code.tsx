import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { encode } from "uqr";

/** A QR code drawn here: what it says leaves the page by camera only. */
export function QrCode({ data, title }: { data: string; title: string }): JSX.Element {
  const { size, path } = useMemo(() => drawn(data), [data]);
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={title}>
      <rect class="qr-ground" width={size} height={size} />
      <path class="qr-marks" d={path} />
    </svg>
  );
}

function drawn(text: string): { size: number; path: string } {
  const { data, size } = encode(text, { border: 3 });
  const runs = data.flatMap((row, y) =>
    row.flatMap((dark, x) =>
      dark && !row[x - 1] ? [`M${x} ${y}h${lengthFrom(row, x)}v1h-${lengthFrom(row, x)}z`] : [],
    ),
  );
  return { size, path: runs.join("") };
}

function lengthFrom(row: readonly boolean[], x: number): number {
  const end = row.indexOf(false, x);
  return (end < 0 ? row.length : end) - x;
}
