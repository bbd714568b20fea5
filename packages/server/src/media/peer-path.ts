import { RTP_HEADER_BYTES } from "../rtp/index.ts";
import { createDtlsDoor, type DtlsDoor } from "./dtls-door.ts";
import type { MediaParameters } from "./engine.ts";
import { createLatch, type MediaAddress } from "./latch.ts";
import type { Sent } from "./rtcp-session.ts";
import { securePath, type SecurePath } from "./secure-path.ts";
import type { MediaCounters } from "./statistics.ts";

/** The port of a session. What it sends of a packet is valid until four more were sent. */
export interface PathPort {
  readonly send: (packet: Uint8Array, port: number, host: string) => void;
  /** Sends what is not counted: RTCP, and the datagrams of a handshake. */
  readonly sendControl: (packet: Uint8Array, port: number, host: string) => void;
}

/**
 * The way between a session and its peer: where the peer is, the keys that every packet passes either way, and how much
 * was sent. While keys are awaited nothing goes out, and nothing that comes is the peer's.
 */
export class PeerPath {
  /** Where the peer is heard from, and sent to. */
  readonly latch = createLatch();
  readonly #counters: MediaCounters;
  readonly #port: PathPort;
  /** Only while somebody waits for a handshake. */
  #door: DtlsDoor | undefined;
  #awaitsKeys = false;
  /** With SRTP: what every packet passes; and the last one there was. */
  #secure: SecurePath | undefined;
  #lastSecure: SecurePath | undefined;
  /** Payload bytes sent; and what of packets and bytes was sent as another source before. */
  #bytesSent = 0;
  #formerPackets = 0;
  #formerBytes = 0;

  constructor(counters: MediaCounters, port: PathPort) {
    this.#counters = counters;
    this.#port = port;
  }

  configure({ security, awaitsKeys }: Pick<MediaParameters, "security" | "awaitsKeys">): void {
    this.#secure = securePath(security, this.#lastSecure);
    this.#lastSecure = this.#secure ?? this.#lastSecure;
    this.#awaitsKeys = awaitsKeys === true;
  }

  /** Hands over the datagrams of DTLS that come (RFC 7983 §7); undefined: nobody waits for them. */
  shakeHands(came: ((datagram: Uint8Array, from: MediaAddress) => void) | undefined): void {
    this.#door = came && createDtlsDoor(this.latch, came);
  }

  sendHandshake(datagram: Uint8Array, { host, port }: MediaAddress): void {
    this.#port.sendControl(datagram, port, host);
  }

  /** RTP or RTCP of what came; valid until the next one is opened. Undefined: there is nothing for the session in it. */
  open(datagram: Uint8Array, host: string, port: number, nowMs: number): Uint8Array | undefined {
    if (this.#door?.takes(datagram, host, port, nowMs)) return undefined;
    const packet = this.#secure ? this.#secure.open(datagram) : this.#awaitsKeys ? undefined : datagram;
    // What is not authentic is nobody's: it moves neither where to send to nor what is told of the peer.
    if (!packet) this.#counters.packetsInvalid += 1;
    return packet;
  }

  /** Where audio goes; undefined: nowhere, for now. */
  get target(): MediaAddress | undefined {
    return this.#awaitsKeys ? undefined : this.latch.target;
  }

  /** Sends a packet of RTP, which counts; undefined: none is full yet. */
  send(packet: Uint8Array | undefined, { host, port }: MediaAddress): void {
    if (!packet) return;
    const ready = this.#secure ? this.#secure.seal(packet) : packet;
    if (!ready) return;
    this.#counters.packetsSent += 1;
    this.#bytesSent += packet.length - RTP_HEADER_BYTES;
    this.#port.send(ready, port, host);
  }

  /** Sends RTCP. */
  report(packet: Uint8Array, to: MediaAddress | undefined): void {
    if (!to || this.#awaitsKeys) return;
    const ready = this.#secure ? this.#secure.sealControl(packet) : packet;
    if (ready) this.#port.sendControl(ready, to.port, to.host);
  }

  /** What is sent from now on is another source. */
  beginSource(): void {
    this.#formerPackets = this.#counters.packetsSent;
    this.#formerBytes = this.#bytesSent;
  }

  /** What the source has sent; `timestamp`: what it has got to. */
  sent(timestamp: number): Sent {
    return { packets: this.#counters.packetsSent - this.#formerPackets, bytes: this.#bytesSent - this.#formerBytes, timestamp };
  }
}
