/** The bytes in pieces of these sizes, over and over. */
export function cut(bytes: Uint8Array, sizes: readonly number[]): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0, next = 0; at < bytes.length; next++) {
    const to = at + (sizes[next % sizes.length] ?? bytes.length);
    pieces.push(bytes.subarray(at, to));
    at = to;
  }
  return pieces;
}
