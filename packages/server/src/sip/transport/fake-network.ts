import { type Clock, PiopiyError } from "../../base/index.ts";
import type { SipAddress } from "../address.ts";
import { type OpenTransport, remoteOf, type Transport } from "./transport.ts";

/** What a rule sees of a datagram on its way. */
export interface Passing {
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly from: SipAddress;
  readonly to: SipAddress;
}

/** A network in memory, for simulations and tests: what is sent arrives on the clock's time, unless a rule drops it. */
export interface FakeNetwork {
  /** For `UserAgentOptions.openTransport`. */
  readonly open: OpenTransport;
  /** Everything that was sent, dropped or not, in order; the newest 10,000. */
  readonly sent: readonly Passing[];
  /** Return true to lose the message. */
  drop: (passing: Passing) => boolean;
  /** Puts bytes onto the network as if `from` had sent them. */
  inject(bytes: Uint8Array, from: SipAddress, to: SipAddress): void;
}

const MAX_KEPT = 10_000;

/** Makes a network whose messages take `delayMs`. Ports are given out from 5060 where 0 is asked for. */
export function createFakeNetwork(clock: Clock, delayMs = 1): FakeNetwork {
  const ends = new Map<string, (bytes: Uint8Array, from: SipAddress) => void>();
  const sent: Passing[] = [];
  let nextPort = 5060;
  const keyOf = (address: SipAddress) => `${address.transport} ${remoteOf(address)}`;
  const carry = (bytes: Uint8Array, from: SipAddress, to: SipAddress) => {
    const passing: Passing = { bytes, text: new TextDecoder().decode(bytes), from, to };
    sent.push(passing);
    if (sent.length > MAX_KEPT) sent.shift();
    if (network.drop(passing)) return;
    clock.setTimer(delayMs, () => ends.get(keyOf(to))?.(bytes, from));
  };
  const open: OpenTransport = async (asked, receive) => {
    const address = { ...asked, port: asked.port === 0 ? nextPort++ : asked.port };
    const reliable = asked.transport !== "udp";
    const transport: Transport = {
      address,
      reliable,
      async send(bytes, to) {
        // A stream knows when nobody is there; a datagram does not.
        if (reliable && !ends.has(keyOf(to))) throw new PiopiyError("internal", "connection refused");
        carry(bytes, address, to);
      },
      async close() {
        ends.delete(keyOf(address));
      },
    };
    ends.set(keyOf(address), (bytes, from) => receive(bytes, from, transport));
    return transport;
  };
  const network: FakeNetwork = { open, sent, drop: () => false, inject: carry };
  return network;
}
