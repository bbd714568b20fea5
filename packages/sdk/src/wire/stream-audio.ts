import { PiopiyValidationError } from "../errors.ts";

/** How the audio of a `playStream` is encoded: `raw` is 16-bit linear PCM, little endian, one channel. */
export type StreamAudioType = "raw" | "mp3" | "wav" | "ogg";

/** Audio for the call. */
export interface PlayStreamOptions {
  /** The audio in base64 (RFC 4648 §4, padded). */
  readonly audio_base64: string;
  readonly audio_type: StreamAudioType;
  /** Samples per second. */
  readonly sample_rate: 8000 | 16000;
}

/** The `streamAudio` message that carries the audio. */
export function streamAudio(audio: unknown, type: string | undefined, rate: number | undefined): string {
  if (type === undefined || !["raw", "mp3", "wav", "ogg"].includes(type)) {
    throw new PiopiyValidationError("audio_type", 'audio_type must be "raw", "mp3", "wav" or "ogg".');
  }
  if (rate !== 8000 && rate !== 16_000) {
    throw new PiopiyValidationError("sample_rate", "sample_rate must be the number 8000 or 16000.");
  }
  if (!isBase64(audio)) {
    throw new PiopiyValidationError("audio_base64", "audio_base64 must be audio in base64 (RFC 4648 §4), with its padding.");
  }
  return JSON.stringify({ type: "streamAudio", data: { audioDataType: type, sampleRate: rate, audioData: audio } });
}

/** RFC 4648 §3.5: only what an encoder can have made, so bits that would be thrown away must be zero. */
function isBase64(text: unknown): boolean {
  if (typeof text !== "string" || text === "" || text.length % 4 !== 0) return false;
  // The body is one character class, which takes time and stack linear in its length whatever it holds.
  return /^[A-Za-z0-9+/]*$/.test(text.slice(0, -4)) &&
    /^(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=|[A-Za-z0-9+/][AQgw]==)$/.test(text.slice(-4));
}
