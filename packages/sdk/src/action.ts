import type { ActionInput } from "@piopiy/pcmo";
import * as wire from "./wire/actions.ts";
import {
  bridgeKeys, checkOptions,
  type BridgeOptions, type DialOptions, type HangupOptions, type InputOptions, type PlayGetInputOptions,
  type RecordOptions, type SpeakOptions, type StreamOptions,
} from "./wire/action-options.ts";
import { inOrder, type Dialable, type PhoneNumber } from "./wire/parties.ts";

/**
 * Builds a call flow, action by action, in the order in which it will be performed.
 *
 * Every method appends one action and returns the `Action`, so calls can be chained. A wrong argument throws a
 * PiopiyValidationError at once, which names the argument in `field`.
 */
export class Action {
  readonly #actions: ActionInput[] = [];

  /** Plays a file: an http(s) address of an MP3 or WAV, or the name of a file that the server has. */
  playMusic(file: string): this {
    return this.#add(wire.play(file));
  }

  /**
   * Plays a file and collects the keys pressed meanwhile and after it. They are POSTed to `actionUrl`
   * (`{ from, to, dtmf, cmiuuid, … }`), whose reply may be the next flow.
   */
  playGetInput(actionUrl: string, file: string, options?: PlayGetInputOptions): this {
    return this.#add(wire.playGetInput(actionUrl, file, options));
  }

  /** Says a text of at most 10,000 characters, plain or as SSML (`<speak>…</speak>`). */
  speak(text: string, options?: SpeakOptions): this {
    return this.#add(wire.speak(text, options));
  }

  /** Sets a text of at most 4096 characters that later webhooks of the call carry as `extra_params`. */
  setValue(text: string): this {
    return this.#add(wire.param(text));
  }

  /** Collects keys and POSTs them to `actionUrl`, as `playGetInput` does, without a file. */
  input(actionUrl: string, options?: InputOptions): this {
    return this.#add(wire.input(actionUrl, options));
  }

  /**
   * Records the call from here on, to the end of the flow. With `max_length`, `silence_timeout` or `finish_on_key` it
   * takes a message: the flow goes on when the first of them has ended the recording.
   */
  record(options?: RecordOptions): this {
    return this.#add(wire.record(options));
  }

  /** Ends the call. */
  hangup(options?: HangupOptions): this {
    return this.#add(wire.hangup(options));
  }

  /**
   * Connects the call to a second party. `from` is the caller id that the party sees, `to` a number, a SIP address or
   * a list of them. If exactly one of the two is a list, that one is whom to dial, in whichever place it stands.
   * `bridge` does the same with named arguments, which cannot be confused.
   */
  call(from: PhoneNumber | readonly Dialable[], to: Dialable | readonly Dialable[], options?: DialOptions): this {
    const order = inOrder(from, to, "from, to");
    return this.#add(wire.bridge(order.from, order.to, options));
  }

  /** Connects the call to a second party: `bridge({ from, to, timeout: 20 })`. */
  bridge(options: BridgeOptions): this {
    checkOptions(options, bridgeKeys);
    const { from, to, ...rest } = options;
    return this.#add(wire.bridge(from, to, rest));
  }

  /**
   * Connects the call to phones registered with the server. `to` is the user name of a phone, a SIP address, or a
   * list of them; `from` the caller id. What can only be dialled (a list, a name) may stand in either place.
   */
  forward(to: Dialable | readonly Dialable[], from: PhoneNumber, options?: DialOptions): this {
    const order = inOrder(to, from, "to, from");
    return this.#add(wire.connect(order.from, order.to, options));
  }

  /** Sends the call's audio to a WebSocket (`ws://` or `wss://`) and plays what comes back, while the flow goes on. */
  stream(url: string, options?: StreamOptions): this {
    return this.#add(wire.stream(url, options));
  }

  /** The flow so far, as it goes over the wire: a copy, which later changes do not touch. */
  PCMO(): ActionInput[] {
    return structuredClone(this.#actions);
  }

  /** Takes all actions out. */
  clear(): this {
    this.#actions.length = 0;
    return this;
  }

  #add(action: ActionInput): this {
    this.#actions.push(action);
    return this;
  }
}
