import { expect, it } from "vitest";
import { randomIds, text, utf8, systemClock } from "../base/index.ts";
import { createMediaEngine } from "../media/index.ts";
import { type IncomingInvite, parseMessage } from "../sip/index.ts";
import { offeredCall } from "./offered-call.ts";

const SDP = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", "m=audio 4000 RTP/AVP 0", ""].join("\r\n");
const INVITE = [
  "INVITE sip:1001@127.0.0.1 SIP/2.0",
  "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK-1",
  "From: <sip:1000@127.0.0.1>;tag=1",
  "To: <sip:1001@127.0.0.1>",
  "Call-ID: 1",
  "CSeq: 1 INVITE",
  "Content-Type: application/sdp",
  `Content-Length: ${SDP.length}`,
  "",
  SDP,
].join("\r\n");

/** An INVITE, and the statuses it is answered with. */
function invited(): { readonly invite: IncomingInvite; readonly statuses: readonly number[]; readonly bodies: readonly string[] } {
  const parsed = parseMessage(utf8(INVITE));
  if (!parsed.ok || parsed.message.type !== "request") throw new Error("the INVITE is none");
  const statuses: number[] = [];
  const bodies: string[] = [];
  const invite: IncomingInvite = {
    request: parsed.message,
    source: { transport: "udp", host: "127.0.0.1", port: 5060 },
    callId: "1",
    signal: new AbortController().signal,
    respond(status, extra) {
      statuses.push(status);
      bodies.push(text(extra?.body?.bytes ?? new Uint8Array(0)));
    },
    turnAway: (status) => void statuses.push(status),
    accept: () => {
      throw new Error("nobody answers here");
    },
  };
  return { invite, statuses, bodies };
}

it("leaves the 100 to the transaction, rings once, and refuses once", async () => {
  const engine = await createMediaEngine({ host: "127.0.0.1", ports: [0, 0], workers: 0 });
  const { invite, statuses } = invited();
  const call = await offeredCall({ engine, clock: systemClock, ids: randomIds }, invite, { from: "1000", to: "1001" });
  // RFC 3261 §17.2.1: the INVITE server transaction has sent it already.
  expect(statuses).toEqual([]);
  call?.ring();
  call?.ring();
  expect(statuses).toEqual([180]);
  call?.reject({ reason: "busy", who: "us" });
  expect(statuses).toEqual([180, 486]);
  await engine.close();
});

it("previews once, in place of ringing, with the description of the answer", async () => {
  const engine = await createMediaEngine({ host: "127.0.0.1", ports: [0, 0], workers: 0 });
  const { invite, statuses, bodies } = invited();
  const call = await offeredCall({ engine, clock: systemClock, ids: randomIds }, invite, { from: "1000", to: "1001" });
  call?.preview();
  call?.preview();
  call?.ring();
  expect(statuses).toEqual([183]);
  expect(bodies[0]).toMatch(/^m=audio \d+ RTP\/AVP 0/m);
  call?.reject({ reason: "busy", who: "us" });
  call?.preview();
  expect(statuses).toEqual([183, 486]);
  await engine.close();
});
