export function md5(data: Uint8Array): Uint8Array;
export function hkdf(
  key: Uint8Array,
  length: number,
  options?: { salt?: Uint8Array | null; info?: string },
): Uint8Array;
export function expandAppStateKeys(
  key: Uint8Array,
): Record<"indexKey" | "valueEncryptionKey" | "valueMacKey" | "snapshotMacKey" | "patchMacKey", Uint8Array>;
export class LTHashAntiTampering {
  subtractThenAdd(base: Uint8Array, subtract: Uint8Array[], add: Uint8Array[]): Uint8Array;
}
