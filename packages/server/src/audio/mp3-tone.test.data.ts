/**
 * MPEG-1 layer III frames (ISO/IEC 11172-3 §2.4.1), mono, 32 kHz, 64 kbit/s, in which a single line of the spectrum is
 * not zero: line 36 of 576, which lies at 1000 Hz.
 */
export function mp3Tone(frames: number): Uint8Array {
  const line = 36;
  const bits: number[] = [];
  const put = (value: number, width: number) => {
    for (let bit = width - 1; bit >= 0; bit--) bits.push((value >> bit) & 1);
  };
  const pairs = line / 2;
  const granuleBits = pairs + 3;
  put(0xfffb, 16);
  put(0x58c0, 16);
  put(0, 9 + 5 + 4); // main_data_begin, private bits, scfsi
  for (let granule = 0; granule < 2; granule++) {
    put(granuleBits, 12);
    put(pairs + 1, 9); // big_values
    put(198, 8); // global_gain
    put(0, 4 + 1); // scalefac_compress, window_switching
    for (let region = 0; region < 3; region++) put(1, 5); // Huffman table 1
    put(0, 4 + 3 + 1 + 1 + 1);
  }
  for (let granule = 0; granule < 2; granule++) {
    for (let pair = 0; pair < pairs; pair++) put(1, 1); // (0, 0)
    put(0b010, 3); // (1, 0), positive
  }
  const frame = new Uint8Array(288);
  bits.forEach((bit, index) => (frame[index >> 3] = (frame[index >> 3] ?? 0) | (bit << (7 - (index & 7)))));
  return Uint8Array.from({ length: frames * frame.length }, (_, at) => frame[at % frame.length] ?? 0);
}
