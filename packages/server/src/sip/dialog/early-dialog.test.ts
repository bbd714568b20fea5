import { afterEach, describe, expect, it } from "vitest";
import { seededIds, VirtualClock } from "../../base/index.ts";
import { createFakeNetwork, createUserAgent, type IncomingInvite, type SipAddress, type UserAgent } from "../index.ts";

const us: SipAddress = { transport: "udp", host: "192.0.2.1", port: 5060 };
const peer: SipAddress = { transport: "udp", host: "192.0.2.2", port: 5060 };

const agents: UserAgent[] = [];
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.close();
});

/** Our user agent, and a peer that writes its messages by hand. */
async function world() {
  const clock = new VirtualClock();
  const network = createFakeNetwork(clock);
  const agent = await createUserAgent({ clock, ids: seededIds(1), listen: [us], openTransport: network.open });
  agents.push(agent);
  const last = (what: RegExp): string => network.sent.findLast(({ text, from }) => from.host === us.host && what.test(text))?.text ?? "";
  const say = async (...lines: readonly string[]) => {
    network.inject(Buffer.from([...lines, "", ""].join("\r\n")), peer, us);
    await clock.advance(10);
  };
  let asked = 0;
  /** What the peer's request is answered with: the status, and the Contact if there is one. */
  const ask = async (method: string, dialog: readonly string[], body = "") => {
    asked++;
    await say(`${method} sip:us@192.0.2.1 SIP/2.0`, `Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKearly${asked}`, ...dialog, `CSeq: ${asked + 1} ${method}`,
      "Contact: <sip:peer@192.0.2.2>", ...(body === "" ? [] : ["Content-Type: application/sdp"]), `Content-Length: ${body.length}`, ...(body === "" ? [] : ["", body]));
    const answer = last(new RegExp(`^SIP/2\\.0 [^]*\\r\\nCSeq: ${asked + 1} ${method}\\r\\n`));
    return `${answer.slice(8, 11)} ${/\r\nContact: (\S+)/.exec(answer)?.[1] ?? ""}`.trim();
  };
  return { clock, agent, last, say, ask };
}

const headerOf = (message: string, name: string) => new RegExp(`\\r\\n${name}: ([^\\r]*)`).exec(message)?.[1] ?? "";

describe("before a call of ours is answered", () => {
  async function calling() {
    const made = await world();
    const outgoing = made.agent.invite({ target: "sip:peer@192.0.2.2", from: "sip:us@192.0.2.1" });
    await made.clock.advance(10);
    const invite = made.last(/^INVITE /);
    const respond = (status: string, tag: string) =>
      made.say(`SIP/2.0 ${status}`, `Via: ${headerOf(invite, "Via")}`, `From: ${headerOf(invite, "From")}`, `To: ${headerOf(invite, "To")};tag=${tag}`,
        `Call-ID: ${headerOf(invite, "Call-ID")}`, `CSeq: ${headerOf(invite, "CSeq")}`, "Contact: <sip:peer@192.0.2.2>", "Content-Length: 0");
    const dialogOf = (tag: string) => [`From: ${headerOf(invite, "To")};tag=${tag}`, `To: ${headerOf(invite, "From")}`, `Call-ID: ${headerOf(invite, "Call-ID")}`];
    return { ...made, outgoing, respond, dialogOf };
  }

  it.each([
    ["an UPDATE that only keeps it alive", "UPDATE", "", "200 <sip:us@192.0.2.1:5060>"],
    ["an UPDATE that offers something, again later", "UPDATE", "v=0", "491"],
    ["an OPTIONS", "OPTIONS", "", "200"],
    ["an INFO, again later", "INFO", "", "491"],
    ["a BYE, which is no callee's", "BYE", "", "481"],
  ])("the callee may ask %s, and the call goes on", async (_, method, body, expected) => {
    const { clock, outgoing, respond, dialogOf, ask } = await calling();
    await respond("180 Ringing", "one");
    expect(await ask(method, dialogOf("one"), body)).toBe(expected);
    await respond("200 OK", "one");
    expect(await clock.runUntil(outgoing.outcome)).toMatchObject({ kind: "accepted" });
  });

  it("each branch of a fork has its dialog, until another one has answered", async () => {
    const { clock, outgoing, respond, dialogOf, ask } = await calling();
    expect(await ask("UPDATE", dialogOf("one"))).toBe("481");
    await respond("180 Ringing", "one");
    await respond("183 Session Progress", "two");
    expect([await ask("OPTIONS", dialogOf("one")), await ask("OPTIONS", dialogOf("two")), await ask("OPTIONS", dialogOf("three"))]).toEqual(["200", "200", "481"]);
    await respond("200 OK", "two");
    expect(await clock.runUntil(outgoing.outcome)).toMatchObject({ kind: "accepted" });
    expect([await ask("OPTIONS", dialogOf("one")), await ask("OPTIONS", dialogOf("two"))]).toEqual(["481", "200"]);
  });

  it("there is none any more once it is refused", async () => {
    const { clock, outgoing, respond, dialogOf, ask } = await calling();
    await respond("180 Ringing", "one");
    await respond("486 Busy Here", "one");
    expect(await clock.runUntil(outgoing.outcome)).toMatchObject({ kind: "refused" });
    expect(await ask("OPTIONS", dialogOf("one"))).toBe("481");
  });
});

describe("before we answer a call", () => {
  it.each([
    ["UPDATE", "", "200 <sip:us@192.0.2.1:5060>"],
    ["UPDATE", "v=0", "491"],
    ["INFO", "", "491"],
  ])("the caller's %s %j is answered, and the call goes on", async (method, body, expected) => {
    const { agent, last, say, ask } = await world();
    const invited = new Promise<IncomingInvite>((resolve) => agent.events.on("invite", resolve));
    await say("INVITE sip:us@192.0.2.1 SIP/2.0", "Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKearly", "From: <sip:peer@192.0.2.2>;tag=one", "To: <sip:us@192.0.2.1>",
      "Call-ID: early", "CSeq: 1 INVITE", "Contact: <sip:peer@192.0.2.2>", "Content-Length: 0");
    const invite = await invited;
    invite.respond(180);
    expect(await ask(method, ["From: <sip:peer@192.0.2.2>;tag=one", `To: ${headerOf(last(/^SIP\/2\.0 180/), "To")}`, "Call-ID: early"], body)).toBe(expected);
    expect(invite.signal.aborted).toBe(false);
    expect(invite.accept({}).signal.aborted).toBe(false);
  });
});
