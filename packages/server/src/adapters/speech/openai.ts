import { createHash } from "node:crypto";
import { wavHeader } from "../../audio/index.ts";
import { concatBytes, PiopiyError, utf8 } from "../../base/index.ts";
import type { AudioDecoder } from "../audio-decoder.ts";
import type { SafeFetch } from "../http-fetch.ts";
import type { SpeechProvider } from "./provider.ts";

export interface OpenAiSpeechOptions {
  readonly fetch: SafeFetch;
  readonly decoder: AudioDecoder;
  /** Of any service with `POST /v1/audio/speech`; with or without the `/v1`. */
  readonly baseUrl: string;
  readonly apiKey?: string;
  /** `tts-1` unless given. */
  readonly model?: string;
  /** The voice when the request names none; `alloy` unless given. */
  readonly voice?: string;
}

const TIMEOUT_MS = 20_000;
const MAXIMUM_BYTES = 32 << 20;
/** What `response_format: "pcm"` means: services that cannot make WAV answer with it. */
const PCM_RATE_HZ = 24_000;

/** Speech by an OpenAI-compatible service. It speaks whatever language the text is in; `language` is not told. */
export function createOpenAiSpeech(options: OpenAiSpeechOptions): SpeechProvider {
  const { baseUrl, apiKey, model = "tts-1", voice: standard = "alloy", fetch, decoder } = options;
  const url = `${baseUrl.replace(/\/+$/, "").replace(/\/v1$/, "")}/v1/audio/speech`;
  const headers = { "content-type": "application/json", ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }) };
  return {
    about: "The speech service has voices of its own",
    version: `openai / ${createHash("sha256").update(`${url}\0${model}`).digest("hex")} / 8 kHz / 1`,
    voiceFor: ({ voice }) => Promise.resolve(voice ?? standard),
    prepare: (sentence) => (/[\p{L}\p{N}]/u.test(sentence) ? sentence : ""),
    async synthesise({ voice, text, rate }, signal) {
      const body = utf8(JSON.stringify({ model, input: text, voice, response_format: "wav", ...(rate !== 1 && { speed: rate }) }));
      const request = { method: "POST", headers, body, timeoutMs: TIMEOUT_MS, maxBytes: MAXIMUM_BYTES } as const;
      const response = await failing(fetch.request(url, request, signal), signal);
      if (response.status !== 200) throw new PiopiyError("speech_failed", `The speech service answered with HTTP ${response.status}.`);
      return await failing(decoder.decode(audioOf(response), signal), signal);
    },
    close: () => Promise.resolve(),
  };
}

/** What fails on the way is a failure of speech; an abort stays one. */
async function failing<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (signal.aborted || !(cause instanceof PiopiyError)) throw cause;
    throw new PiopiyError("speech_failed", `The speech service failed: ${cause.message}`, { cause });
  }
}

type HttpResponse = Awaited<ReturnType<SafeFetch["request"]>>;

/** The body, whose format is told by its content; raw samples by their content type alone. */
function audioOf({ headers, body }: HttpResponse): Uint8Array {
  if (!/^audio\/(?:pcm|l16|x-raw|raw)\b/i.test(headers["content-type"] ?? "")) return body;
  const rate = Number(/rate=(\d{4,6})/.exec(headers["content-type"] ?? "")?.[1] ?? PCM_RATE_HZ);
  return concatBytes([wavHeader({ sampleRateHz: rate, channels: 1 }, body.length), body]);
}
