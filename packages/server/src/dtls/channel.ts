import { concatBytes, type Clock, type Timer } from "../base/index.ts";
import { createRecordWriter, type FlightPart } from "./flight.ts";
import { createReassembly, parseFragments, wholeMessage, type HandshakeMessage } from "./handshake-message.ts";
import { ALERT, CONTENT, HANDSHAKE } from "./numbers.ts";
import { openRecord, parseRecords, replayWindow, type DtlsRecord, type WriteKey } from "./records.ts";
import type { SrtpKeys } from "../rtp/index.ts";

/** Why there are no keys. */
export type DtlsFailure =
  | "timeout" // the peer did not say enough in time
  | "fingerprint" // its certificate is not the one that SDP announced
  | "unproven" // it does not have the key of its certificate, or somebody has changed what was said
  | "incompatible" // nothing in common: version, cipher suite, group, SRTP profile
  | "refused" // the peer gave up with an alert
  | "closed"; // we gave up

export type DtlsOutcome = { readonly ok: true; readonly keys: SrtpKeys } | { readonly ok: false; readonly why: DtlsFailure };

/** What the client's or the server's part of a handshake makes of what comes. */
export interface Party {
  /** Every message but Finished, in its order. */
  message(message: HandshakeMessage): void;
  /** The Finished, which came protected by the keys that were agreed on. */
  finished(message: HandshakeMessage): void;
}

export interface ChannelOptions {
  readonly clock: Clock;
  readonly send: (datagram: Uint8Array) => void;
  readonly timeoutMs: number;
  /** What the peer's next message is numbered, our own, and our next record. */
  readonly expected: number;
  readonly ours: number;
  readonly recordSequence: number;
  readonly over: (outcome: DtlsOutcome) => void;
}

/**
 * Deviation: RFC 6347 §4.2.4.1 begins with a second; nothing is heard before the handshake is over, and half a second
 * is longer than the way to any phone and back.
 */
const FIRST_REPEAT_MS = 500;
/** A flight that is asked for again is not sent again at once: what asks came in several parts. */
const REPEAT_GAP_MS = 200;
/** Records that came before the keys they need. */
const MAX_HELD = 4;

/** Messages in flights both ways, repeated when they are lost; what is said in them is the party's part. */
export class Channel {
  readonly #options: ChannelOptions;
  readonly #writer;
  readonly #inbox;
  readonly #window = replayWindow();
  readonly #deadline: Timer;
  #party: Party | undefined;
  #readKey: WriteKey | undefined;
  #held: DtlsRecord[] = [];
  #finished: HandshakeMessage | undefined;
  #transcript: Uint8Array[] = [];
  #making: FlightPart[] = [];
  #flight: readonly FlightPart[] = [];
  /** It is the last one of the handshake: only who has sent that repeats itself once there are keys. */
  #isLast = false;
  #sentMs = -Infinity;
  #repeat: Timer | undefined;
  #nextMessage: number;
  #epoch: 0 | 1 = 0;
  #outcome: DtlsOutcome | undefined;

  constructor(options: ChannelOptions) {
    this.#options = options;
    this.#nextMessage = options.ours;
    this.#writer = createRecordWriter(options.recordSequence);
    this.#inbox = createReassembly(options.expected);
    this.#deadline = options.clock.setTimer(options.timeoutMs, () => this.fail("timeout"));
  }

  /** What both have said so far, as it is hashed and signed. */
  get transcript(): Uint8Array {
    return concatBytes(this.#transcript);
  }

  begin(party: Party): void {
    this.#party = party;
  }

  /** RFC 6347 §4.2.1: what was said before a cookie does not count. */
  forget(): void {
    this.#transcript = [];
  }

  heard(message: HandshakeMessage): void {
    this.#transcript.push(wholeMessage(message));
  }

  /** Adds a message to the flight that is being made. */
  say(type: number, body: Uint8Array): void {
    const message = { type, sequence: this.#nextMessage++, body };
    this.#transcript.push(wholeMessage(message));
    this.#making.push({ type: "message", epoch: this.#epoch, message });
  }

  useKeys(read: WriteKey, write: WriteKey): void {
    this.#readKey = read;
    this.#writer.key = write;
  }

  /** What is said from now on is protected. */
  changeCipher(): void {
    this.#making.push({ type: "change_cipher_spec" });
    this.#epoch = 1;
  }

  /** Sends what has been said; again and again if it is to be answered. */
  send(answered: boolean): void {
    this.#flight = this.#making;
    this.#isLast = !answered;
    this.#making = [];
    this.#repeat?.cancel();
    this.#transmit();
    if (answered) this.#repeatAfter(FIRST_REPEAT_MS);
  }

  receive(datagram: Uint8Array): void {
    if (this.#outcome?.ok === false) return;
    for (const record of parseRecords(datagram)) this.#take(record);
    this.#settle();
  }

  succeed(keys: SrtpKeys): void {
    this.#finish({ ok: true, keys });
  }

  /** Without keys nothing is heard of each other: the peer is told why. */
  fail(why: DtlsFailure, alert?: number): void {
    if (this.#outcome) return;
    if (alert !== undefined) this.#alert(2, alert);
    this.#finish({ ok: false, why });
  }

  /** Takes leave (RFC 5246 §7.2.1); idempotent. */
  close(): void {
    if (this.#outcome?.ok) this.#alert(1, ALERT.closeNotify);
    this.#finish({ ok: false, why: "closed" });
    this.#outcome = { ok: false, why: "closed" };
  }

  #finish(outcome: DtlsOutcome): void {
    this.#deadline.cancel();
    this.#repeat?.cancel();
    if (this.#outcome) return;
    this.#outcome = outcome;
    this.#options.over(outcome);
  }

  #alert(level: number, description: number): void {
    const epoch = this.#writer.key && this.#outcome?.ok ? 1 : 0;
    for (const record of this.#writer.record(CONTENT.alert, epoch, Uint8Array.of(level, description))) this.#options.send(record);
  }

  #transmit(): void {
    this.#sentMs = this.#options.clock.monotonicMs();
    for (const datagram of this.#writer.datagrams(this.#flight)) this.#options.send(datagram);
  }

  /** RFC 6347 §4.2.4.1: each wait is twice as long as the one before. */
  #repeatAfter(delayMs: number): void {
    this.#repeat = this.#options.clock.setTimer(delayMs, () => {
      this.#transmit();
      this.#repeatAfter(delayMs * 2);
    });
  }

  #take(record: DtlsRecord): void {
    if (record.epoch === 0) this.#takePlain(record);
    else if (record.epoch !== 1) return;
    else if (this.#readKey) this.#takeProtected(record, this.#readKey);
    else if (this.#held.length < MAX_HELD) this.#held.push(record);
  }

  #takePlain({ type, fragment }: DtlsRecord): void {
    // Once there are keys nothing is believed that is not protected by them.
    if (type === CONTENT.alert && !this.#outcome && fragment[0] === 2) return this.fail("refused");
    if (type !== CONTENT.handshake) return;
    for (const part of parseFragments(fragment)) {
      if (part.sequence < this.#inbox.expected) this.#again();
      // A Finished is believed by the keys that protect it.
      else if (!this.#outcome && part.type !== HANDSHAKE.finished) this.#inbox.push(part);
    }
  }

  #takeProtected(record: DtlsRecord, key: WriteKey): void {
    if (!this.#window.isNew(record.sequence)) return;
    const opened = openRecord(record, key);
    if (!opened) return;
    this.#window.take(record.sequence);
    if (record.type === CONTENT.alert && !this.#outcome && opened[0] === 2) return this.fail("refused");
    if (record.type !== CONTENT.handshake) return;
    const [part] = parseFragments(opened);
    if (part?.type !== HANDSHAKE.finished || part.bytes.length !== part.length) return;
    if (part.sequence < this.#inbox.expected || this.#outcome) this.#again();
    else this.#finished = { type: part.type, sequence: part.sequence, body: part.bytes };
  }

  /** RFC 6347 §4.2.4: who repeats itself has not got our flight. */
  #again(): void {
    if (this.#outcome && !this.#isLast) return;
    if (this.#options.clock.monotonicMs() - this.#sentMs >= REPEAT_GAP_MS) this.#transmit();
  }

  /** Hands over what is complete. */
  #settle(): void {
    for (let message = this.#inbox.next(); message && !this.#outcome; message = this.#inbox.next()) this.#party?.message(message);
    if (this.#readKey && this.#held.length > 0) {
      const held = this.#held;
      this.#held = [];
      for (const record of held) this.#take(record);
    }
    if (this.#outcome || this.#finished?.sequence !== this.#inbox.expected) return;
    const finished = this.#finished;
    this.#finished = undefined;
    this.#party?.finished(finished);
  }
}
