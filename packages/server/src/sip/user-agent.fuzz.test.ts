import { expect, it } from "vitest";
import { channels, seededIds, utf8, VirtualClock } from "../base/index.ts";
import { bytesOf, fuzz, tortureMessages } from "../fuzz.test.support.ts";
import { createFakeNetwork, createUserAgent, header, parseMessage } from "./index.ts";

const US = { transport: "udp", host: "192.0.2.2", port: 5060 } as const;
const PEER = { transport: "udp", host: "192.0.2.1", port: 5060 } as const;

const request = (method: string, cseq: number, inside: boolean, more: readonly string[] = [], body = "") => [
  `${method} sip:bob@192.0.2.2 SIP/2.0`, `Via: SIP/2.0/UDP 192.0.2.1;rport;branch=z9hG4bK${method}${cseq}`, "Max-Forwards: 70",
  "From: <sip:alice@192.0.2.1>;tag=alice", `To: <sip:bob@192.0.2.2>${inside ? ";tag={tag}" : ""}`, "Call-ID: a-call", `CSeq: ${cseq} ${method}`,
  "Contact: <sip:alice@192.0.2.1>", ...more, `Content-Length: ${body.length}`, "", body,
].join("\r\n");

const invite = request("INVITE", 1, false, ["Supported: timer, 100rel", "Record-Route: <sip:192.0.2.1;lr>", "Content-Type: application/sdp"], "v=0");
const seeds = [
  ...["BYE", "INFO", "UPDATE", "OPTIONS", "REFER", "MESSAGE", "PRACK", "NOTIFY"].map((method) => request(method, 2, true)),
  request("INVITE", 2, true, ["Content-Type: application/sdp", "Session-Expires: 90"], "v=0"), request("INVITE", 2, false, ["Replaces: a-call;to-tag={tag};from-tag=alice"]),
  request("CANCEL", 1, false), request("ACK", 1, true), request("REGISTER", 1, false, ["Expires: 60", "Contact: *"]), request("SUBSCRIBE", 1, false, ["Event: presence"]),
  "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1\r\nFrom: <sip:b@x>;tag=1\r\nTo: <sip:a@x>;tag=2\r\nCall-ID: a-call\r\nCSeq: 1 INVITE\r\nContact: <sip:a@x>\r\n\r\n",
  invite, ...tortureMessages(),
];
const words = [
  "{tag}", "Require: 100rel", "Require: x", "RAck: 1 1 INVITE", "RSeq: 1", "Session-Expires: 90;refresher=uac", "Min-SE: 4294967295", "Refer-To: <sip:x@y>", "Replaces: a-call;to-tag={tag};from-tag=alice",
  "Via: SIP/2.0/TCP 192.0.2.9", "maddr=192.0.2.9", "received=x", "Route: <sip:192.0.2.9;lr>", "Contact: <sip:[::1]>", "Contact: <tel:1>", "Expires: 0", "sips:", "CSeq: 2147483647 INVITE", "tag=alice",
];

it("a message in the middle of a call breaks nothing: who is asked next answers, and nothing is left behind", async () => {
  const failures: unknown[] = [];
  const failed = (event: unknown) => void failures.push(event);
  channels.failure.subscribe(failed);
  const report = await fuzz({
    name: "user-agent", seeds, words,
    async run(input) {
      const clock = new VirtualClock();
      const network = createFakeNetwork(clock);
      const bob = await createUserAgent({ clock, ids: seededIds(3), openTransport: network.open, listen: [US] });
      bob.events.on("invite", (incoming) => void incoming.accept({ body: { type: "text/plain", bytes: utf8("answer") } }));
      bob.events.on("request", (incoming) => incoming.respond(200));
      const send = async (bytes: Uint8Array) => {
        network.inject(bytes, PEER, US);
        await clock.advance(10);
      };
      const answers = () => network.sent.filter(({ from }) => from.host === US.host).map(({ bytes }) => parseMessage(bytes));
      await send(bytesOf(invite));
      const accepted = answers().flatMap((parsed) => (parsed.ok && parsed.message.type === "response" && parsed.message.status === 200 ? [parsed.message] : []));
      const tag = /tag=([^;]+)/.exec(header(accepted[0]!, "To") ?? "")?.[1] ?? "";
      const filled = (text: string) => bytesOf(text.replaceAll("{tag}", tag));
      await send(filled(request("ACK", 1, true)));
      const before = network.sent.length;
      // Latin-1 there and back, so that bytes stay as they are.
      await send(new Uint8Array(Buffer.from(Buffer.from(input).toString("latin1").replaceAll("{tag}", tag), "latin1")));
      const said = network.sent.slice(before).map(({ text }) => text.slice(0, 12));
      await send(bytesOf(request("OPTIONS", 7, false).replace("Call-ID: a-call", "Call-ID: asked-after-it")));
      if (!network.sent.some(({ text }) => text.startsWith("SIP/2.0 200") && text.includes("asked-after-it"))) throw new Error("OPTIONS is not answered any more");
      const closed = bob.close();
      await clock.advance(200_000);
      await closed;
      if (clock.timers > 0) throw new Error(`${clock.timers} timers are left`);
      if (failures.length > 0) throw new Error(`a failure: ${JSON.stringify(failures.splice(0))}`);
      return said.join();
    },
  });
  channels.failure.unsubscribe(failed);
  expect(report.outcomes).toBeGreaterThan(8);
}, 300_000);
