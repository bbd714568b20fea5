import { g711 } from "../../audio/index.ts";
import { channels, PiopiyError, scope, type Scope } from "../../base/index.ts";
import type { BotAudio } from "./dialect.ts";
import { createPcmIn, type PcmIn } from "./pcm-in.ts";

/** Decodes a whole WAV or MP3 file to 8 kHz. Fails with `bad_audio`. */
export type Decode = (bytes: Uint8Array, signal: AbortSignal) => Promise<Int16Array>;

export interface IntakeOptions {
  /** Takes 8 kHz samples. */
  readonly say: (samples: Int16Array) => void;
  readonly decode: Decode;
  /** Some audio was not decoded. */
  readonly failed: (message: string) => void;
  readonly signal: AbortSignal;
}

/** As much may wait behind a file that is being decoded. */
const WAITING_BYTES = 8 << 20;

/** What comes in from the bot to be said, in its order: files take a while to be decoded, and PCM waits for them. */
export class Intake {
  readonly #options: IntakeOptions;
  #life: Scope;
  #pcm: { readonly sampleRateHz: number; readonly input: PcmIn } | undefined;
  #waiting: BotAudio[] = [];
  #waitingBytes = 0;
  #working: Promise<void> | undefined;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#life = scope(options.signal);
  }

  take(audio: BotAudio): void {
    if (!this.#working && audio.form !== "file") return this.#sayPcm(audio);
    if (this.#waitingBytes + audio.bytes.length > WAITING_BYTES) return this.#options.failed("Too much waits for audio that is being decoded.");
    this.#waiting.push(audio);
    this.#waitingBytes += audio.bytes.length;
    this.#working ??= this.#work(this.#life.signal);
    return undefined;
  }

  /** Forgets what is being decoded or waits for that. */
  clear(): void {
    this.#life.close();
    this.#life = scope(this.#options.signal);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#working = undefined;
  }

  /** What the conversion of PCM still holds; it begins anew. */
  rest(): Int16Array {
    return this.#pcm?.input.flush() ?? new Int16Array(0);
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#working;
    this.#life.close();
  }

  #sayPcm(audio: Exclude<BotAudio, { form: "file" }>): void {
    if (audio.form === "mulaw") {
      this.#options.say(this.rest());
      const samples = new Int16Array(audio.bytes.length);
      g711.PCMU.decode(audio.bytes, samples);
      return this.#options.say(samples);
    }
    const { sampleRateHz, bytes } = audio;
    if (this.#pcm?.sampleRateHz !== sampleRateHz) {
      this.#options.say(this.rest());
      this.#pcm = { sampleRateHz, input: createPcmIn(sampleRateHz) };
    }
    return this.#options.say(this.#pcm.input.push(bytes));
  }

  async #sayFile(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const { say, decode, failed } = this.#options;
    try {
      const samples = await decode(bytes, signal);
      if (signal.aborted) return;
      say(this.rest());
      say(samples);
    } catch (failure) {
      if (signal.aborted) return;
      if (!(failure instanceof PiopiyError)) channels.failure.publish({ layer: "adapters", failure });
      failed(failure instanceof PiopiyError ? failure.message : "The audio cannot be decoded.");
    }
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      this.#waitingBytes -= next.bytes.length;
      if (next.form !== "file") this.#sayPcm(next);
      else await this.#sayFile(next.bytes, signal);
      if (signal.aborted) return;
    }
    this.#working = undefined;
  }
}
