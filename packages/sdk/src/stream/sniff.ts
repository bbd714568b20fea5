/** The files a server can decode. */
export type FileForm = "wav" | "mp3" | "ogg";

const ascii = (bytes: Uint8Array, from: number, to: number) => String.fromCodePoint(...bytes.subarray(from, to));

/** Which file the bytes are; undefined when none that a server can decode. */
export function formOf(bytes: Uint8Array): FileForm | undefined {
  if (bytes.length < 12) return undefined;
  if (ascii(bytes, 0, 4) === "RIFF" && ascii(bytes, 8, 12) === "WAVE") return "wav";
  if (ascii(bytes, 0, 4) === "OggS") return "ogg";
  return ascii(bytes, 0, 3) === "ID3" || mp3Frame(bytes, 0) ? "mp3" : undefined;
}

/** How long a file is, by what stands in it; 0 when it does not say. */
export function durationMsOf(bytes: Uint8Array, form: FileForm): number {
  if (form === "wav") return wavOf(bytes)?.durationMs ?? 0;
  return form === "mp3" ? mp3DurationMs(bytes) : oggDurationMs(bytes);
}

export interface Wav {
  readonly sampleRate: number;
  readonly channels: number;
  /** 16 bit linear PCM. */
  readonly linear16: boolean;
  readonly data: Uint8Array;
  readonly durationMs: number;
}

/** A WAV file's audio; undefined when it has none. */
export function wavOf(bytes: Uint8Array): Wav | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let format: Omit<Wav, "data" | "durationMs"> & { readonly bytesPerSecond: number } | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = ascii(bytes, at, at + 4);
    const body = at + 8;
    const size = Math.min(view.getUint32(at + 4, true), bytes.length - body);
    if (name === "fmt " && size >= 16) format = wavFormat(view, body, size);
    if (name === "data" && format) {
      const durationMs = format.bytesPerSecond > 0 ? (size / format.bytesPerSecond) * 1000 : 0;
      return { ...format, data: bytes.subarray(body, body + size), durationMs };
    }
    at = body + size + (size % 2);
  }
  return undefined;
}

function wavFormat(view: DataView, at: number, size: number) {
  const tag = view.getUint16(at, true);
  // WAVE_FORMAT_EXTENSIBLE keeps the real tag in the first two bytes of its sub-format.
  const real = tag === 0xfffe && size >= 26 ? view.getUint16(at + 24, true) : tag;
  return {
    channels: view.getUint16(at + 2, true),
    sampleRate: view.getUint32(at + 4, true),
    bytesPerSecond: view.getUint32(at + 8, true),
    linear16: real === 1 && view.getUint16(at + 14, true) === 16,
  };
}

const bitRates = {
  1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
} as const;
const rates = [44_100, 48_000, 32_000] as const;

/** ISO/IEC 11172-3 §2.4.1.3: a frame of layer III at `at`. Free bit rates are not told apart from noise. */
function mp3Frame(bytes: Uint8Array, at: number): { readonly bytes: number; readonly ms: number } | undefined {
  const [first = 0, second = 0, third = 0] = bytes.subarray(at, at + 3);
  if (first !== 0xff || (second & 0xe6) !== 0xe2) return undefined;
  const version = (second >> 3) & 3; // 3: MPEG 1, 2: MPEG 2, 0: MPEG 2.5
  const rate = rates[(third >> 2) & 3];
  const kbps = bitRates[version === 3 ? 1 : 2][third >> 4];
  if (version === 1 || rate === undefined || !kbps) return undefined;
  const sampleRate = rate / (version === 3 ? 1 : version === 2 ? 2 : 4);
  const samples = version === 3 ? 1152 : 576;
  return { bytes: Math.floor((samples / 8) * kbps * 1000 / sampleRate) + ((third >> 1) & 1), ms: (samples / sampleRate) * 1000 };
}

function mp3DurationMs(bytes: Uint8Array): number {
  let ms = 0;
  // The size of an ID3v2 tag has 7 bits in each byte.
  const tag = ascii(bytes, 0, 3) === "ID3" ? 10 + bytes.subarray(6, 10).reduce((size, byte) => size * 128 + (byte & 127), 0) : 0;
  for (let at = tag; at < bytes.length; ) {
    const frame = mp3Frame(bytes, at);
    ms += frame?.ms ?? 0;
    at += frame?.bytes ?? 1;
  }
  return ms;
}

/** RFC 3533 §6 and RFC 7845 §4: the last page tells how many samples there are up to its end. */
function oggDurationMs(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = ascii(bytes, 28, 36);
  const opus = head === "OpusHead";
  const vorbis = head.slice(1, 7) === "vorbis" && bytes.length >= 44;
  const sampleRate = vorbis ? view.getUint32(40, true) : 48_000;
  for (let at = bytes.length - 27; at > 0 && (opus || vorbis) && sampleRate > 0; at -= 1) {
    if (ascii(bytes, at, at + 4) !== "OggS") continue;
    const skipped = opus ? view.getUint16(38, true) : 0;
    return Math.max(0, ((Number(view.getBigInt64(at + 6, true)) - skipped) / sampleRate) * 1000);
  }
  return 0;
}
