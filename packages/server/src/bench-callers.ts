import { createSocket, type Socket } from "node:dgram";
import { channels, setRepeating, text, utf8, type Clock, type Ids } from "./base/index.ts";
import { createGaps, type Gaps } from "./bench-gaps.ts";
import { isRtcp, parseRtp, RTP_HEADER_BYTES, rtpView, writeRtpHeader } from "./rtp/index.ts";
import { createUserAgent, type Dialog, type SipAddress, type UserAgent } from "./sip/index.ts";

/** Callers that do as little as they can besides measuring: they share the machine with what they measure. */
export interface Callers {
  /** Between packets that come, since `clear`. */
  readonly gaps: Gaps;
  /** How late packets left here, since `clear`. */
  readonly late: Gaps;
  /** Holes in what came, since `clear`. */
  readonly lost: number;
  clear(): void;
  /** A call to `number`; undefined when it was not answered. With `silent` it has no RTP socket, and nothing is measured. */
  call(number: string, silent?: boolean): Promise<BenchCall | undefined>;
  close(): Promise<void>;
}

export interface BenchCall {
  /** From the INVITE to its 200. */
  readonly answeredMs: number;
  hangup(): Promise<void>;
}

const HOST = "127.0.0.1";
const FRAME_MS = 20;
const FRAME_BYTES = 160;
const GROUPS = 4;
/** µ-law silence. */
const SILENCE = 0xff;

interface Stream {
  readonly socket: Socket;
  readonly packet: Uint8Array;
  readonly header: DataView;
  sequence: number;
  timestamp: number;
  receivedMs: number;
  expected: number;
}

interface World {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly userAgent: UserAgent;
  readonly server: SipAddress;
  readonly groups: Set<Stream>[];
  readonly gaps: Gaps;
  readonly sums: { lost: number; made: number };
}

export async function createCallers(server: SipAddress, clock: Clock, ids: Ids): Promise<Callers> {
  const userAgent = await createUserAgent({ clock, ids, listen: [{ transport: "udp", host: HOST, port: 0 }] });
  const groups = Array.from({ length: GROUPS }, () => new Set<Stream>());
  const world: World = { clock, ids, userAgent, server, groups, gaps: createGaps(), sums: { lost: 0, made: 0 } };
  const late = createGaps();
  let turn = 0;
  let dueMs = clock.monotonicMs();
  const sending = setRepeating(clock, FRAME_MS / GROUPS, () => {
    dueMs += FRAME_MS / GROUPS;
    const lateMs = clock.monotonicMs() - dueMs;
    late.add(lateMs);
    // What could not be sent for so long is not sent in a burst.
    if (lateMs > FRAME_MS) dueMs = clock.monotonicMs();
    for (const stream of groups[(turn += 1) % GROUPS] ?? []) send(stream);
  });
  return {
    gaps: world.gaps,
    late,
    get lost() {
      return world.sums.lost;
    },
    clear() {
      world.gaps.clear();
      late.clear();
      world.sums.lost = 0;
    },
    call: (number, silent = false) => call(world, number, silent),
    async close() {
      sending.cancel();
      await userAgent.close();
    },
  };
}

async function call(world: World, number: string, silent: boolean): Promise<BenchCall | undefined> {
  const { clock, userAgent, server, groups, sums } = world;
  const stream = silent ? undefined : await openStream(world);
  const startedMs = clock.monotonicMs();
  const body = { type: "application/sdp", bytes: utf8(offer(stream ? stream.socket.address().port : 9)) };
  const outcome = await userAgent.invite({ target: `sip:${number}@${HOST}:${server.port}`, from: `sip:bench@${HOST}`, nextHop: server, body }).outcome;
  const answeredMs = clock.monotonicMs() - startedMs;
  if (outcome.kind !== "accepted") {
    stream?.socket.close();
    return undefined;
  }
  const group = groups[(sums.made += 1) % GROUPS];
  if (stream) {
    await connected(stream.socket, Number(/^m=audio (\d+) /m.exec(text(outcome.response.body))?.[1] ?? 0));
    group?.add(stream);
  }
  return { answeredMs, hangup: () => hangup(outcome.dialog, stream, group) };
}

async function hangup(dialog: Dialog, stream: Stream | undefined, group: Set<Stream> | undefined): Promise<void> {
  if (stream) {
    group?.delete(stream);
    stream.socket.close();
  }
  await dialog.bye();
}

async function openStream({ clock, ids, gaps, sums }: World): Promise<Stream> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(0, HOST, resolve);
  });
  const packet = new Uint8Array(RTP_HEADER_BYTES + FRAME_BYTES).fill(SILENCE);
  writeRtpHeader(packet, { marker: false, payloadType: 0, sequence: 0, timestamp: 0, ssrc: ids.integer(0xff_ff_ff_ff) });
  const stream: Stream = { socket, packet, header: new DataView(packet.buffer), sequence: 0, timestamp: 0, receivedMs: 0, expected: -1 };
  const view = rtpView();
  socket.on("error", (failure) => channels.failure.publish({ layer: "bench", failure }));
  socket.on("message", (datagram) => {
    if (isRtcp(datagram) || parseRtp(datagram, view)) return;
    const nowMs = clock.monotonicMs();
    if (stream.receivedMs > 0) gaps.add(nowMs - stream.receivedMs);
    stream.receivedMs = nowMs;
    if (stream.expected >= 0) sums.lost += (view.sequence - stream.expected) & 0xff_ff;
    stream.expected = (view.sequence + 1) & 0xff_ff;
  });
  return stream;
}

/** A socket that knows its peer need not be told it, nor look it up, for each packet. */
function connected(socket: Socket, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.connect(port, HOST, resolve);
  });
}

function send(stream: Stream): void {
  const { packet, socket, header } = stream;
  stream.sequence = (stream.sequence + 1) & 0xff_ff;
  stream.timestamp = (stream.timestamp + FRAME_BYTES) >>> 0;
  header.setUint16(2, stream.sequence);
  header.setUint32(4, stream.timestamp);
  socket.send(packet);
}

const offer = (port: number): string =>
  ["v=0", `o=- 1 1 IN IP4 ${HOST}`, "s=-", `c=IN IP4 ${HOST}`, "t=0 0", `m=audio ${port} RTP/AVP 0`, "a=rtpmap:0 PCMU/8000", "a=sendrecv", ""].join("\r\n");
