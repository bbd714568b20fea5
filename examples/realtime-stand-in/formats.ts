/** What audio is made of, in both directions of a session. */
export type RealtimeFormat = { readonly type: "audio/pcm"; readonly rate: 24_000 } | { readonly type: "audio/pcmu" };

export const pcm24: RealtimeFormat = { type: "audio/pcm", rate: 24_000 };

export const bytesPerMs = ({ type }: RealtimeFormat): number => (type === "audio/pcmu" ? 8 : 48);

/** A format as a client may write it: the object, or the name that was used before. */
export function formatOf(value: unknown): RealtimeFormat | undefined {
  const type = typeof value === "object" && value !== null && "type" in value ? value.type : value;
  if (type === "audio/pcmu" || type === "g711_ulaw") return { type: "audio/pcmu" };
  return type === "audio/pcm" || type === "pcm16" ? pcm24 : undefined;
}

/** The part of the samples that is not quiet: louder than about -36 dB. */
export function loudPart(bytes: Uint8Array, { type }: RealtimeFormat): number {
  if (type === "audio/pcmu") return bytes.filter((code) => ((code ^ 0xff) & 0x7f) >= 0x40).length / Math.max(1, bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const samples = bytes.length >> 1;
  let loud = 0;
  for (let at = 0; at < samples; at++) if (Math.abs(view.getInt16(at * 2, true)) > 500) loud += 1;
  return loud / Math.max(1, samples);
}
