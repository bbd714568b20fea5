/** Where packets come from or go to. */
export interface MediaAddress {
  readonly host: string;
  readonly port: number;
}

/** Silence of the source after which its own stream may go on from another address: its NAT has lost the binding. */
const MOVED_MS = 200;
/** Silence after which a new stream may come from a host that is known. */
const ABANDONED_MS = 2000;
/** Silence after which, behind a NAT, a new stream may come from anywhere. */
const FORSAKEN_MS = 10_000;
/** Packets after which a source that SDP did not name is more than a shot in the dark: half a second. */
const PROVEN_PACKETS = 25;

/**
 * Symmetric RTP (RFC 4961): packets go to where packets come from, because the address in SDP is often one that only
 * the peer's own network knows. Whoever finds the port meanwhile can neither be heard nor draw the audio to itself:
 *
 * 1. The address that SDP names is always accepted, and takes its place back from any other.
 * 2. Before anything was heard, anybody else is, too: the peer may be behind a NAT.
 * 3. After that the source is accepted, and nobody else, for as long as it sends.
 * 4. Once it is silent, its stream (the SSRC, which nobody off the path knows) may come from anywhere: after 200 ms.
 * 5. Another stream may come from the host of the source, or the host in SDP: after 2 s.
 * 6. Another stream may come from another host only where SDP proved to name the wrong one: after 10 s. If the source
 *    had not even sent for half a second, after 200 ms, so that a single stray packet locks nobody out.
 * 7. A call on hold may be silent for hours. Nobody but its own stream and its own host takes the source's place for that,
 *    and the time of rule 6 begins when it has to send again. No address at all, the old way to hold, is not another one.
 */
export interface Latch {
  /** SDP named this address. A new one is sent to at once, and the source so far has to be silent to come back. */
  expect(remote: MediaAddress): void;
  /** Whether the peer has to send from now on; it does in the beginning. On hold it may be silent. */
  awaitSound(must: boolean, nowMs: number): void;
  /** Whether a packet from this source belongs to the peer. */
  accepts(host: string, port: number, ssrc: number, nowMs: number): boolean;
  /** A valid packet came from a source that is accepted. True: it is a source that had not been heard. */
  heard(host: string, port: number, ssrc: number, nowMs: number): boolean;
  /** Whether this is the host of the source, or of SDP: what else the peer sends may come from another of its ports. */
  knows(host: string): boolean;
  /** Where to send to; undefined: SDP named no address, nothing is to be sent. */
  readonly target: MediaAddress | undefined;
  /** The target is what SDP named. */
  readonly named: boolean;
}

interface Source extends MediaAddress {
  ssrc: number;
  packets: number;
}

export const createLatch = (): Latch => new PeerLatch();

/** A class and no functions around variables: each session has one, and it is asked for every packet. */
class PeerLatch implements Latch {
  target: MediaAddress | undefined;
  named = true;
  #expected: MediaAddress | undefined;
  #source: Source | undefined;
  #former: MediaAddress | undefined;
  #heardMs = 0;
  /** Since when the peer has to send; Infinity: it may be silent. */
  #awaitedMs = 0;
  #nowhere = true;

  expect(remote: MediaAddress): void {
    this.#nowhere = isNowhere(remote);
    if (!this.#nowhere && !isSame(this.#expected, remote.host, remote.port)) {
      this.#expected = remote;
      this.#former = this.#source;
      this.#source = undefined;
    }
    this.#take();
  }

  awaitSound(must: boolean, nowMs: number): void {
    if (!must) this.#awaitedMs = Infinity;
    else if (this.#awaitedMs === Infinity) this.#awaitedMs = nowMs;
  }

  accepts(host: string, port: number, ssrc: number, nowMs: number): boolean {
    if (isSame(this.#source, host, port) || isSame(this.#expected, host, port)) return true;
    if (!this.#source) return !isSame(this.#former, host, port) || nowMs - this.#heardMs >= ABANDONED_MS;
    return this.#succeeds(this.#source, host, ssrc, nowMs);
  }

  heard(host: string, port: number, ssrc: number, nowMs: number): boolean {
    this.#heardMs = nowMs;
    if (this.#source && isSame(this.#source, host, port)) {
      this.#source.ssrc = ssrc;
      this.#source.packets += 1;
      return false;
    }
    this.#source = { host, port, ssrc, packets: 1 };
    this.#former = undefined;
    this.#take();
    return true;
  }

  knows(host: string): boolean {
    return host === this.#source?.host || host === this.#expected?.host;
  }

  /** Rules 4 to 7. */
  #succeeds({ host, ssrc, packets }: Source, other: string, otherSsrc: number, nowMs: number): boolean {
    const silentMs = nowMs - this.#heardMs;
    if (silentMs < MOVED_MS) return false;
    const told = host === this.#expected?.host;
    const missedMs = Math.min(silentMs, nowMs - this.#awaitedMs);
    if (otherSsrc === ssrc || (packets < PROVEN_PACKETS && !told && missedMs >= MOVED_MS)) return true;
    if (other === host || other === this.#expected?.host) return silentMs >= ABANDONED_MS;
    return !told && missedMs >= FORSAKEN_MS;
  }

  #take(): void {
    this.target = this.#nowhere ? undefined : (this.#source ?? this.#expected);
    this.named = this.#source === undefined || isSame(this.#expected, this.#source.host, this.#source.port);
  }
}

const isSame = (one: MediaAddress | undefined, host: string, port: number): boolean => one?.port === port && one.host === host;

/** RFC 3264 §8.4: the old way to put a call on hold is the address 0.0.0.0; RFC 3264 §5.1: port 0 is no stream. */
const isNowhere = ({ host, port }: MediaAddress): boolean => port === 0 || host === "0.0.0.0" || host === "::";
