import { concatBytes, PiopiyError } from "../base/index.ts";
import type { FormatReader } from "./format-reader.ts";
import { mean, wavChannels, wavHead, type WavHead } from "./wav.ts";

/** What stands before the samples is never so long: pictures and tables of cues are. */
const LONGEST_HEAD = 4 << 20;

/** Reads a WAV file that comes in pieces, as `parseWav` does one that is whole. */
export function createWavReader(): FormatReader {
  let head: WavHead | undefined;
  let waiting: Uint8Array = new Uint8Array(0);
  let leftBytes = 0;
  return {
    push(bytes) {
      waiting = concatBytes([waiting, bytes]);
      if (!head) {
        head = wavHead(waiting);
        if (!head && waiting.length > LONGEST_HEAD) throw new PiopiyError("bad_audio", "The WAV file has no data chunk.");
        if (!head) return [];
        waiting = waiting.slice(head.data.from);
        leftBytes = head.dataBytes;
      }
      const { format } = head;
      const frameBytes = format.sampleBytes * format.channels;
      // Other chunks may follow the samples.
      const usable = Math.min(waiting.length, leftBytes);
      const whole = usable - (usable % frameBytes);
      const samples = mean(wavChannels(format, waiting.subarray(0, whole)));
      leftBytes -= whole;
      waiting = leftBytes < frameBytes ? new Uint8Array(0) : waiting.slice(whole);
      return [{ samples, sampleRateHz: format.sampleRateHz }];
    },
    end: () => [],
    get ended() {
      return head !== undefined && leftBytes < head.format.sampleBytes * head.format.channels;
    },
    close: () => undefined,
  };
}
