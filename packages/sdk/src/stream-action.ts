import { Action } from "./action.ts";
import {
  checkOptions,
  type BridgeOptions, type DialOptions, type HangupOptions, type RecordOptions, type SpeakOptions, type StreamOptions,
} from "./wire/action-options.ts";
import type { Dialable, PhoneNumber } from "./wire/parties.ts";
import { streamAudio, type PlayStreamOptions, type StreamAudioType } from "./wire/stream-audio.ts";

/**
 * Builds the messages that a bot sends over the WebSocket of a `stream`.
 *
 * The control methods and `playStream` return a message, ready to send. The action methods collect a flow, which
 * `PCMO()` returns as one message; the server performs it on the live call. There is no `input` and no
 * `playGetInput`: on a stream, the bot listens. A wrong argument throws a PiopiyValidationError.
 */
export class StreamAction {
  readonly #flow = new Action();

  /** Audio to play on the call, after what is queued already. */
  playStream(options: PlayStreamOptions): string;
  playStream(audioBase64: string, audioType: StreamAudioType, sampleRate: 8000 | 16000): string;
  playStream(audio: string | PlayStreamOptions, audioType?: StreamAudioType, sampleRate?: 8000 | 16000): string {
    if (typeof audio === "object" && audio !== null) {
      checkOptions(audio, ["audio_base64", "audio_type", "sample_rate"]);
      return streamAudio(audio.audio_base64, audio.audio_type, audio.sample_rate);
    }
    return streamAudio(audio, audioType, sampleRate);
  }

  /** Suspends the audio that the bot receives. */
  pause(): string {
    return JSON.stringify({ action: "pause" });
  }

  /** Takes the audio up again after `pause`. */
  resume(): string {
    return JSON.stringify({ action: "resume" });
  }

  /** Closes the stream for good; the call goes on. */
  stop(): string {
    return JSON.stringify({ action: "stop" });
  }

  /** Drops at once what is queued for playing; call and stream go on. */
  interrupt(): string {
    return JSON.stringify({ action: "break" });
  }

  /** See `Action.playMusic`. */
  playMusic(file: string): this {
    this.#flow.playMusic(file);
    return this;
  }

  /** See `Action.speak`. */
  speak(text: string, options?: SpeakOptions): this {
    this.#flow.speak(text, options);
    return this;
  }

  /** See `Action.setValue`. */
  setValue(text: string): this {
    this.#flow.setValue(text);
    return this;
  }

  /** See `Action.record`. */
  record(options?: RecordOptions): this {
    this.#flow.record(options);
    return this;
  }

  /** See `Action.hangup`. */
  hangup(options?: HangupOptions): this {
    this.#flow.hangup(options);
    return this;
  }

  /** See `Action.call`. */
  call(from: PhoneNumber | readonly Dialable[], to: Dialable | readonly Dialable[], options?: DialOptions): this {
    this.#flow.call(from, to, options);
    return this;
  }

  /** See `Action.bridge`. */
  bridge(options: BridgeOptions): this {
    this.#flow.bridge(options);
    return this;
  }

  /** See `Action.forward`. */
  forward(to: Dialable | readonly Dialable[], from: PhoneNumber, options?: DialOptions): this {
    this.#flow.forward(to, from, options);
    return this;
  }

  /** See `Action.stream`. */
  stream(url: string, options?: StreamOptions): this {
    this.#flow.stream(url, options);
    return this;
  }

  /** The collected flow as one message. The flow is empty afterwards. */
  PCMO(): string {
    const message = JSON.stringify(this.#flow.PCMO());
    this.#flow.clear();
    return message;
  }

  /** Takes all collected actions out. */
  clear(): this {
    this.#flow.clear();
    return this;
  }
}
