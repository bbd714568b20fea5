/** Kilobit per second of layer III, by the index in the header (ISO/IEC 11172-3 §2.4.2.3, ISO/IEC 13818-3 §2.4.2.3). */
const BIT_RATES = {
  1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
} as const;
/** In Hz, of MPEG-1; MPEG-2 has the half, MPEG-2.5 the quarter. */
const RATES = [44_100, 48_000, 32_000] as const;

/** How far the first frame of a piece may lie behind its beginning: the longest frame has 1441 bytes. */
const SEARCHED = 4096;

/** The bytes of the frame of MPEG layer III that begins here; nothing, where none does. */
export function mp3FrameBytes(bytes: Uint8Array, at = 0): number | undefined {
  const [first = 0, second = 0, third = 0] = bytes.subarray(at, at + 3);
  // Eleven bits of sync, a version that is not reserved, and layer III (01).
  if (first !== 0xff || (second & 0xe0) !== 0xe0 || (second & 0x18) === 0x08 || (second & 0x06) !== 0x02) return undefined;
  const version = (second >> 3) & 3;
  const kilobits = BIT_RATES[version === 3 ? 1 : 2][third >> 4];
  const rate = RATES[(third >> 2) & 3];
  if (!kilobits || !rate) return undefined;
  const rateHz = rate / (version === 3 ? 1 : version === 2 ? 2 : 4);
  return Math.floor(((version === 3 ? 144 : 72) * kilobits * 1000) / rateHz) + ((third >> 1) & 1);
}

/**
 * Whether a stream may begin with the frame that is here: its data are all in it, and not partly in frames before it
 * (main_data_begin, ISO/IEC 11172-3 §2.4.1.7, ISO/IEC 13818-3 §2.4.1.7).
 */
export function beginsMp3Stream(bytes: Uint8Array): boolean {
  if (mp3FrameBytes(bytes) === undefined) return false;
  const [, second = 0] = bytes;
  // A CRC stands between the header and the data when the last bit of the second byte says so.
  const at = (second & 1) === 1 ? 4 : 6;
  const mpeg1 = (second & 0x18) === 0x18;
  return bytes[at] === 0 && (!mpeg1 || ((bytes[at + 1] ?? 0) & 0x80) === 0);
}

/** Whether this was cut out of an MP3 stream, anywhere: there is a frame in it, and behind that another one. */
export function cutFromMp3(bytes: Uint8Array): boolean {
  for (let at = bytes.indexOf(0xff); at >= 0 && at < SEARCHED; at = bytes.indexOf(0xff, at + 1)) {
    const length = mp3FrameBytes(bytes, at);
    if (length !== undefined && mp3FrameBytes(bytes, at + length) !== undefined) return true;
  }
  return false;
}
