import { createSocket } from "node:dgram";
import { once } from "node:events";
import { concatSamples, VirtualClock } from "../base/index.ts";
import { isRtcp, parseRtcp, parseRtp, rtpView, writeRtpHeader, type RtcpPacket } from "../rtp/index.ts";
import { createMediaEngine, type MediaParameters } from "./index.ts";

/** A packet that a session has sent. */
export interface Received {
  readonly payloadType: number;
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly marker: boolean;
  readonly payload: Uint8Array;
}

type Spoken = Omit<MediaParameters, "remote" | "direction"> & Partial<Pick<MediaParameters, "direction">>;

/** A session of an engine in this thread, on time that the test moves, and a bare socket at its other end. */
export async function newWire(releases: (() => Promise<unknown>)[], parameters: Spoken) {
  const clock = new VirtualClock();
  const engine = await createMediaEngine({ host: "127.0.0.1", ports: [0, 0], workers: 0, clock });
  releases.push(() => engine.close());
  const session = await engine.open();
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  releases.push(() => new Promise<void>((resolve) => void socket.close(() => resolve())));
  const { port } = socket.address();
  const configure = (spoken: Spoken) => session.configure({ remote: { host: "127.0.0.1", port }, direction: "sendrecv", ...spoken });
  configure(parameters);

  const received: Received[] = [];
  const control: (readonly RtcpPacket[])[] = [];
  socket.on("message", (datagram) => {
    const view = rtpView();
    const packets = isRtcp(datagram) ? parseRtcp(datagram) : undefined;
    if (typeof packets === "object") control.push(packets);
    else if (parseRtp(datagram, view) === undefined) received.push({ ...view, payload: Uint8Array.from(datagram.subarray(view.payloadOffset)) });
  });
  const heard: Int16Array[] = [];
  session.tap((batch) => heard.push(batch.received));
  const sendControl = (datagram: Uint8Array) =>
    new Promise<void>((resolve, reject) => socket.send(datagram, session.local.port, "127.0.0.1", (failure) => (failure ? reject(failure) : resolve())));

  return {
    clock,
    engine,
    session,
    port,
    configure,
    sendControl,
    send: (payloadType: number, sequence: number, timestamp: number, payload: Uint8Array, ssrc = 7) => {
      const datagram = new Uint8Array(12 + payload.length);
      datagram.set(payload, writeRtpHeader(datagram, { marker: false, payloadType, ssrc, sequence, timestamp }));
      return sendControl(datagram);
    },
    /** What came from the session under a payload type. */
    packets: (payloadType: number) => received.filter((packet) => packet.payloadType === payloadType),
    reports: () => control,
    /** What the session has heard. */
    heard: () => concatSamples(heard),
  };
}
