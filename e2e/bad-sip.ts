import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { LOOPBACK } from "./ports.ts";
import { until } from "./running-program.ts";
import type { TestServer } from "./test-server.ts";

/** A whole request that is right but for what `change` makes of it. */
function request(method: string, number: number, change: (message: string) => string = (message) => message): string {
  const lines = [
    `${method} sip:15550001@${LOOPBACK} SIP/2.0`,
    `Via: SIP/2.0/UDP ${LOOPBACK}:9;branch=z9hG4bK-bad-${number}`,
    `From: <sip:stranger@${LOOPBACK}>;tag=bad${number}`,
    `To: <sip:15550001@${LOOPBACK}>`,
    `Call-ID: bad-${number}`,
    `CSeq: 1 ${method}`,
    "Max-Forwards: 70",
    "Content-Length: 0",
  ];
  return change(`${lines.join("\r\n")}\r\n\r\n`);
}

const mistakes: readonly ((message: string) => string)[] = [
  (message) => message.replace("SIP/2.0\r\n", "SIP/9.9\r\n"),
  (message) => message.replace(/CSeq: 1 (\w+)/, "CSeq: 99999999999999999999 $1"),
  (message) => message.replace(/CSeq: 1 \w+/, "CSeq: 1 OTHER"),
  (message) => message.replace("Content-Length: 0", "Content-Length: -1"),
  (message) => message.replace("Content-Length: 0", "Content-Length: 4000000000"),
  (message) => message.replace(/Via: .*\r\n/, ""),
  (message) => message.replace(/From: .*\r\n/, "From: <sip:\r\n"),
  (message) => message.replace(/To: .*\r\n/, "To: \"\r\n"),
  (message) => message.replaceAll("\r\n", "\n"),
  (message) => message.replaceAll(": ", " "),
  (message) => message.replace("Max-Forwards: 70", `Max-Forwards: ${"9".repeat(20_000)}`),
  (message) => message.replace("Content-Length: 0", "Content-Type: application/sdp\r\nContent-Length: 5") + "v=0\r\n",
];

/** Everything that is bad, from half a message to answers nobody waits for. */
export function badMessages(): readonly Uint8Array[] {
  const whole = request("INVITE", 0);
  const halves = Array.from({ length: Math.floor(whole.length / 10) }, (_, index) => whole.slice(0, index * 10));
  const wrong = ["INVITE", "REGISTER", "OPTIONS"].flatMap((method) => mistakes.map((mistake, index) => request(method, index + 1, mistake)));
  const outOfPlace = ["ACK", "BYE", "CANCEL", "PRACK", "UPDATE", "INFO", "REFER", "FETCH"].map((method, index) => request(method, 100 + index));
  const answers = ["100 Trying", "200 OK", "486 Busy Here", "999 ?"].map((status) => whole.replace(/^.*/, `SIP/2.0 ${status}`));
  const texts = [...halves, ...wrong, ...outOfPlace, ...answers, "", "\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "x".repeat(60_000)];
  return [...texts.map((text) => new TextEncoder().encode(text)), ...Array.from({ length: 100 }, (_, index) => noise(index + 1))];
}

/** Bytes that look like chance and are the same each time. */
function noise(seed: number): Uint8Array {
  let state = seed * 2_654_435_761;
  return Uint8Array.from({ length: 20 + (seed * 37) % 1400 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

/** Sends every message in a datagram of its own; resolves once the server has got to the end of them. */
export async function sendDatagrams({ sip }: TestServer, messages: readonly Uint8Array[]): Promise<void> {
  const socket = createSocket("udp4");
  try {
    await new Promise<void>((resolve) => socket.bind(0, LOOPBACK, resolve));
    for (const message of messages) {
      await new Promise<void>((resolve, reject) => socket.send(message, sip.udp, LOOPBACK, (error) => (error ? reject(error) : resolve())));
    }
    await answered(socket, sip.udp);
  } finally {
    socket.close();
  }
}

/** An OPTIONS of good manners, sent again until it is answered: its 200 comes when what was sent before is done with. */
async function answered(socket: Socket, port: number): Promise<void> {
  const own = socket.address().port;
  const branch = `z9hG4bK-good-${own}`;
  const good = request("OPTIONS", own).replace(/Via: .*/, `Via: SIP/2.0/UDP ${LOOPBACK}:${own};branch=${branch};rport`);
  let done = false;
  socket.on("message", (bytes) => {
    const reply = bytes.toString();
    done ||= reply.startsWith("SIP/2.0 200 ") && reply.includes(branch);
  });
  await until("the answer to OPTIONS", () => {
    if (!done) socket.send(good, port, LOOPBACK);
    return done || undefined;
  });
}

/** Sends every message on a connection of its own and ends it; resolves once the server has closed them all. */
export async function sendByTcp({ sip }: TestServer, messages: readonly Uint8Array[]): Promise<void> {
  await Promise.all(
    messages.map(async (message) => {
      const socket = connect({ port: sip.tcp, host: LOOPBACK });
      socket.on("error", () => undefined).resume();
      socket.end(message);
      await once(socket, "close");
    }),
  );
}

/** Leaves connections open that have said half a message and then nothing. Returns how to give them up. */
export async function leaveHalfSaid({ sip }: TestServer, count: number): Promise<() => void> {
  const sockets = Array.from({ length: count }, (_, index) => {
    const socket = connect({ port: sip.tcp, host: LOOPBACK });
    socket.on("error", () => undefined).resume();
    socket.write(request("INVITE", 300 + index).slice(0, 40 + index));
    return socket;
  });
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}
