export interface WavFormat {
  readonly sampleRateHz: number;
  readonly channels: 1 | 2;
}

/** The length of what `wavHeader` gives: samples begin here. */
export const WAV_HEADER_BYTES = 44;

/**
 * The header of a 16 bit PCM WAV file. Write it first without a length (the sizes then say "as far as the file goes",
 * which players take), and over it again as the file grows: a crash leaves a file that plays.
 */
export function wavHeader(format: WavFormat, dataBytes?: number): Uint8Array {
  const bytes = new Uint8Array(WAV_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  const frameBytes = format.channels * 2;
  const known = dataBytes !== undefined && dataBytes <= 0xffff_ffff - 36;
  bytes.set(ascii("RIFF"), 0);
  view.setUint32(4, known ? dataBytes + 36 : 0xffff_ffff, true);
  bytes.set(ascii("WAVEfmt "), 8);
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, format.channels, true);
  view.setUint32(24, format.sampleRateHz, true);
  view.setUint32(28, format.sampleRateHz * frameBytes, true);
  view.setUint16(32, frameBytes, true);
  view.setUint16(34, 16, true);
  bytes.set(ascii("data"), 36);
  view.setUint32(40, known ? dataBytes : 0xffff_ffff, true);
  return bytes;
}

/** A whole WAV file; the samples of two channels are interleaved. */
export function wavFile(format: WavFormat, samples: Int16Array): Uint8Array {
  const file = new Uint8Array(WAV_HEADER_BYTES + samples.length * 2);
  file.set(wavHeader(format, samples.length * 2));
  file.set(pcmBytes(samples), WAV_HEADER_BYTES);
  return file;
}

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** The little-endian bytes of samples, in an array of their own. */
export function pcmBytes(samples: Int16Array): Uint8Array {
  if (littleEndian) return new Uint8Array(samples.slice().buffer);
  const bytes = new Uint8Array(samples.length * 2);
  const view = new DataView(bytes.buffer);
  samples.forEach((sample, index) => view.setInt16(index * 2, sample, true));
  return bytes;
}

const ascii = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
