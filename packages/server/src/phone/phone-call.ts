import { toneSource } from "../audio/index.ts";
import { aborted, channels, scope } from "../base/index.ts";
import { offerDirection, type Cause, type Leg } from "../call/index.ts";
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
  hangup(): Promise<void>;
}

/** `keepMs`: how much of what is heard is kept. */
export function phoneCall(leg: Leg, keepMs: number): PhoneCall {
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
