import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { Clock, Ids } from "./base/index.ts";
import type { MediaEngine, MediaParameters, MediaSession } from "./media/index.ts";
import { createShaper, type Faults, type Shaper } from "./shaper.test.support.ts";
import { socketOpener, type OpenTransport, type Transport } from "./sip/index.ts";

// Phones behind a bad line: their SIP gets lost, and their RTP goes through relays on the loopback address.

export interface Losses {
  readonly open: OpenTransport;
  readonly counts: { passed: number; lost: number };
}

/** A transport that loses a part of the messages, both ways. */
export function lossyTransport(ids: Ids, loss: number): Losses {
  const counts = { passed: 0, lost: 0 };
  const isLost = () => {
    const lost = ids.integer(1_000_000) < loss * 1_000_000;
    counts[lost ? "lost" : "passed"] += 1;
    return lost;
  };
  const real = socketOpener({});
  const open: OpenTransport = async (address, receive, clock) => {
    const transport = await real(address, (bytes, source) => void (isLost() || receive(bytes, source, lossy)), clock);
    const lossy: Transport = {
      address: transport.address,
      reliable: transport.reliable,
      send: async (bytes, to) => void (isLost() || (await transport.send(bytes, to))),
      close: () => transport.close(),
    };
    return lossy;
  };
  return { open, counts };
}

export interface BadEngine extends MediaEngine {
  /** Two for each session: what its party sends, and what is sent to it. */
  readonly shapers: readonly Shaper[];
}

/** An engine for phones whose RTP suffers from `faults` both ways. */
export function badEngine(engine: MediaEngine, clock: Clock, ids: Ids, faults: Faults): BadEngine {
  const shapers: Shaper[] = [];
  return {
    shapers,
    get sessions() {
      return engine.sessions;
    },
    async open(options) {
      const [out, back] = [createShaper(clock, ids, faults), createShaper(clock, ids, faults)];
      shapers.push(out, back);
      return await behindRelay(await engine.open(options), out, back);
    },
    statistics: () => engine.statistics(),
    close: () => engine.close(),
  };
}

async function behindRelay(session: MediaSession, out: Shaper, back: Shaper): Promise<MediaSession> {
  const { host } = session.local;
  const [near, far] = [await openSocket(host), await openSocket(host)];
  let server: { readonly host: string; readonly port: number } | undefined;
  let closed = false;
  near.on("message", (packet) => {
    const to = server;
    if (to) out.carry(() => void (closed || far.send(packet, to.port, to.host)));
  });
  far.on("message", (packet) => back.carry(() => void (closed || near.send(packet, session.local.port, host))));
  return {
    local: { host, port: far.address().port },
    events: session.events,
    configure(parameters: MediaParameters) {
      // A handshake comes from the relay, and keys are for where it came from.
      if (parameters.remote.port !== near.address().port) server = parameters.remote;
      session.configure({ ...parameters, remote: { host, port: near.address().port }, ...(parameters.rtcp && { rtcp: "mux" }) });
    },
    play: (source, signal) => session.play(source, signal),
    feed: (options) => session.feed(options),
    listen: (listener) => session.listen(listener),
    sendDigits: (digits, signal) => session.sendDigits(digits, signal),
    tap: (listener, options) => session.tap(listener, options),
    join: (other) => session.join(other),
    hold: (hearer, music) => session.hold(hearer, music),
    mute: (on) => session.mute(on),
    dtls: (listener) => session.dtls(listener),
    async close() {
      const statistics = await session.close();
      if (!closed) for (const socket of [near, far]) socket.close();
      closed = true;
      return statistics;
    },
  };
}

async function openSocket(host: string): Promise<Socket> {
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  socket.bind(0, host);
  await once(socket, "listening");
  return socket;
}
