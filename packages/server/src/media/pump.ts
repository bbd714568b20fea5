import { getSystemErrorName } from "node:util";
import { unmapped } from "../base/index.ts";
import { loadPumpAddon, type PumpAddon } from "./pump-addon.ts";
import { RECEIVE_BUFFER_BYTES } from "./udp-port.ts";

/** Gets the datagrams of one socket. */
export interface Receiver {
  /** RTP is valid until this returns; what is no RTP may be kept. */
  readonly datagram: (datagram: Uint8Array, host: string, port: number) => void;
}

/** Where to send to: scope and address as the addon takes them. */
export type Aim = Int32Array;

/** As in `native/pump.c`. */
const SLOT_BYTES = 2048;
const RECEIVE_SLOTS = 256;
const ROW = { handle: 0, length: 1, port: 2, scope: 3, words: 8 } as const;
const PLACE_MASK = 0xffff;

interface Socket {
  readonly handle: number;
  readonly receiver: Receiver;
  /** Where the last datagram came from: hardly ever is the next one from somewhere else. */
  readonly source: Int32Array;
  host: string;
}

/**
 * The UDP sockets of a thread, by the native addon: packets cross in shared memory, without an object or a string for
 * each. `native/pump.c` tells the layout.
 */
export class Pump {
  readonly #addon: PumpAddon;
  readonly #received: ArrayBuffer;
  readonly #sent: Uint8Array;
  readonly #rows: Int32Array;
  /** The row of what is sent. */
  readonly #out = RECEIVE_SLOTS * ROW.words;
  readonly #sockets: (Socket | undefined)[] = [];
  /** A view of each slot: nearly all packets are of one length. */
  readonly #views: Uint8Array[];
  #reading = false;

  constructor(addon: PumpAddon) {
    const memory = addon.start(() => this.read());
    if (typeof memory === "number") throw systemError(memory);
    const [received, sent, rows] = memory;
    this.#addon = addon;
    this.#received = received;
    this.#sent = new Uint8Array(sent);
    this.#rows = new Int32Array(rows);
    this.#views = Array.from({ length: RECEIVE_SLOTS }, (_, slot) => new Uint8Array(received, slot * SLOT_BYTES, 0));
  }

  /** Binds a numeric address. Throws the system's error. */
  open(host: string, port: number, receiver: Receiver): { readonly handle: number; readonly port: number } {
    const handle = this.#addon.open(host, port, RECEIVE_BUFFER_BYTES);
    if (handle < 0) throw systemError(handle);
    this.#sockets[handle & PLACE_MASK] = { handle, receiver, source: new Int32Array(ROW.words - ROW.scope), host: "" };
    return { handle, port: this.#rows[this.#out + ROW.port] ?? 0 };
  }

  /** Frees the port at once. */
  close(handle: number): void {
    if (this.#addon.close(handle) === 0) this.#sockets[handle & PLACE_MASK] = undefined;
  }

  /** Undefined: that is no address such a socket can send to. */
  aim(handle: number, host: string): Aim | undefined {
    if (this.#addon.aim(handle, host) !== 0) return undefined;
    return this.#rows.slice(this.#out + ROW.scope, this.#out + ROW.words);
  }

  /** Sends at once. False: the packet did not leave. */
  send(handle: number, packet: Uint8Array, aim: Aim, port: number): boolean {
    if (packet.length > SLOT_BYTES) return false;
    const rows = this.#rows;
    const out = this.#out;
    rows[out + ROW.handle] = handle;
    rows[out + ROW.length] = packet.length;
    rows[out + ROW.port] = port;
    for (let word = 0; word < aim.length; word++) rows[out + ROW.scope + word] = aim[word] ?? 0;
    this.#sent.set(packet);
    return this.#addon.send() === 0;
  }

  /** Hands over what has come. */
  read(): void {
    // A receiver that waits for nothing but more would find its own packet overwritten.
    if (this.#reading) return;
    this.#reading = true;
    try {
      for (let count = this.#addon.read(false); count > 0; count = this.#addon.read(true)) this.#deliver(count);
    } finally {
      this.#reading = false;
    }
  }

  /** Lets this thread have the processor sooner when it is due: for one that does nothing but media. */
  favour(): void {
    this.#addon.favour();
  }

  #deliver(count: number): void {
    const rows = this.#rows;
    for (let slot = 0; slot < count; slot++) {
      const row = slot * ROW.words;
      const handle = rows[row + ROW.handle] ?? 0;
      const socket = this.#sockets[handle & PLACE_MASK];
      // It may have been closed by what came before.
      if (socket?.handle !== handle) continue;
      const host = this.#isSame(socket.source, row + ROW.scope) ? socket.host : this.#follow(socket, slot);
      const datagram = this.#view(slot, rows[row + ROW.length] ?? 0);
      socket.receiver.datagram(isRtp(datagram) ? datagram : datagram.slice(), host, rows[row + ROW.port] ?? 0);
    }
  }

  #view(slot: number, length: number): Uint8Array {
    const view = this.#views[slot];
    if (view?.length === length) return view;
    return (this.#views[slot] = new Uint8Array(this.#received, slot * SLOT_BYTES, length));
  }

  #isSame(source: Int32Array, at: number): boolean {
    for (let word = 0; word < source.length; word++) if (source[word] !== this.#rows[at + word]) return false;
    return true;
  }

  #follow(socket: Socket, slot: number): string {
    const at = slot * ROW.words;
    socket.source.set(this.#rows.subarray(at + ROW.scope, at + ROW.words));
    socket.host = unmapped(this.#addon.name(slot));
    return socket.host;
  }
}

/** RFC 7983 §7: by the first byte. */
const isRtp = (datagram: Uint8Array): boolean => {
  const first = datagram[0] ?? 0;
  return first >= 128 && first <= 191;
};

const systemError = (errno: number): Error => {
  const code = getSystemErrorName(errno);
  return Object.assign(new Error(code), { code });
};

let thread: { readonly pump: Pump | undefined } | undefined;

/** This thread's pump; undefined where there is none. */
export function threadPump(): Pump | undefined {
  thread ??= { pump: startPump() };
  return thread.pump;
}

function startPump(): Pump | undefined {
  const addon = loadPumpAddon();
  try {
    return addon && new Pump(addon);
  } catch {
    // Out of file handles, for example: this thread does without.
    return undefined;
  }
}
