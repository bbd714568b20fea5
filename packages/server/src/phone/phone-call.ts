import { toneSource, type AudioCodec } from "../audio/index.ts";
import { aborted, channels, scope } from "../base/index.ts";
import { offerCodecs, offerDirection, offerKeys, refer, replacing, type Cause, type Leg, type LegKeys } from "../call/index.ts";
import { hears, recordHeard, type Heard } from "./heard.ts";

/** A call of the phone that is up. */
export interface PhoneCall {
  /** The phone's own side of the call. */
  readonly leg: Leg;
  /** Resolves when the call is over. */
  readonly ended: Promise<Cause>;
  /** The keys that were pressed towards this phone. */
  readonly digits: string;
  /** What has been heard so far. */
  heard(): Heard;
  /** Resolves once a tone has been heard alone for `forMs` (200 unless told) from now on; rejects when the call ends. */
  hears(frequencyHz: number, forMs?: number): Promise<void>;
  /** Says a tone until the returned function is called. */
  sendTone(frequencyHz: number): () => void;
  /** Presses keys; resolves when the last one was released. */
  press(digits: string): Promise<void>;
  /** Puts the other side on hold, or takes it back; `false` if it does not agree. */
  hold(on: boolean): Promise<boolean>;
  /** Changes what is spoken in mid-call, the preferred codec first; `false` if the other side does not agree. */
  speak(codecs: readonly AudioCodec[]): Promise<boolean>;
  /** Asks for encrypted audio in mid-call, by keys of this kind, or for audio in the clear; `false` if the other side does not agree. */
  encrypt(keys: LegKeys): Promise<boolean>;
  /**
   * Sends the other side on to a number or a user name (REFER), and hangs up when it has got there. The status that
   * came of it: 200, a refusal of the REFER (603, 403), or why whoever was called did not answer.
   */
  transfer(to: string): Promise<number>;
  /** Joins the other side with that of another call of this phone, which then has neither. The status as in `transfer`. */
  transferTo(other: PhoneCall): Promise<number>;
  hangup(): Promise<void>;
}

export interface PhoneCallParts {
  readonly leg: Leg;
  /** How much of what is heard is kept. */
  readonly keepMs: number;
  /** The URI of a number at the phone's server, and the phone's own. */
  readonly uriOf: (number: string) => string;
  readonly aor: string;
}

export function phoneCall({ leg, keepMs, uriOf, aor }: PhoneCallParts): PhoneCall {
  const heard = recordHeard(leg, keepMs);
  let digits = "";
  leg.digits.on("digit", (digit) => {
    digits += digit;
  });
  return {
    leg,
    ended: ended(leg),
    get digits() {
      return digits;
    },
    heard,
    hears: (frequencyHz, forMs = 200) => hears(leg, frequencyHz, forMs),
    sendTone: (frequencyHz) => sendTone(leg, frequencyHz),
    press: (keys) => leg.control.sendDigits(keys, leg.signal),
    hold: (on) => offerDirection(leg, on ? "sendonly" : "sendrecv"),
    speak: (codecs) => offerCodecs(leg, codecs),
    encrypt: (keys) => offerKeys(leg, keys),
    transfer: (to) => refer(leg, uriOf(to), aor),
    transferTo: ({ leg: other }) => refer(leg, replacing(other, uriOf(other.info.direction === "outbound" ? other.info.to : other.info.from)), aor),
    hangup: () => leg.hangup(),
  };
}

async function ended(leg: Leg): Promise<Cause> {
  await aborted(leg.signal);
  const cause: Cause = leg.signal.reason;
  return cause;
}

function sendTone(leg: Leg, frequencyHz: number): () => void {
  const tone = scope(leg.signal, (failure) => channels.failure.publish({ layer: "phone", failure }));
  tone.run(async (signal) => void (await leg.play(toneSource({ frequencyHz }), signal)));
  return () => tone.close();
}
