import { afterEach, describe, expect, it } from "vitest";
import { utf8 } from "../../base/index.ts";
import { header, headerValues, type Header, type IncomingInvite, type UserAgent } from "../index.ts";
import { twoAgents } from "../two-agents.test.support.ts";
import { agreedByClient, agreedByServer, intervalHeaders, isTooBrief, scheduleOf } from "./session-timer.ts";

const timer: Header = ["Supported", "timer"];
const expires = (value: string): Header => ["Session-Expires", value];

describe("what is agreed about a session's end (RFC 4028)", () => {
  it.each<[string, readonly Header[], ReturnType<typeof agreedByServer>, boolean]>([
    ["nothing is asked for", [timer], undefined, false],
    ["the caller may refresh", [timer, expires("1800")], { seconds: 1800, refresher: "uac" }, false],
    ["the caller wants us to", [timer, expires("1800;refresher=uas")], { seconds: 1800, refresher: "uas" }, false],
    ["a proxy asks, and the caller cannot", [expires("1800;refresher=uac")], { seconds: 1800, refresher: "uas" }, false],
    ["too brief", [timer, expires("89")], { seconds: 90, refresher: "uac" }, true],
    ["too brief, of a proxy: raised", [expires("30")], { seconds: 90, refresher: "uas" }, false],
    ["compact and spaced", [["Supported", "100rel, Timer"], ["x", " 120 ; refresher = UAS"]], { seconds: 120, refresher: "uas" }, false],
    ["nonsense", [timer, expires("soon")], undefined, false],
  ])("%s", (_, headers, expected, brief) => {
    const request = { headers: headers.map(([name, value]): Header => [name === "x" ? "Session-Expires" : name, value]) };
    expect(agreedByServer(request)).toEqual(expected);
    expect(isTooBrief(request)).toBe(brief);
  });

  it("is told in the answer, and binding for who refreshes", () => {
    expect(intervalHeaders({ seconds: 90, refresher: "uac" })).toEqual([["Session-Expires", "90;refresher=uac"], ["Require", "timer"]]);
    expect(intervalHeaders({ seconds: 90, refresher: "uas" })).toEqual([["Session-Expires", "90;refresher=uas"]]);
    expect(intervalHeaders(undefined)).toEqual([]);
    expect(agreedByClient({ headers: [expires("600")] })).toEqual({ seconds: 600, refresher: "uac" });
  });

  it.each([
    [{ seconds: 1800, refresher: "uac" }, "uac", { refreshMs: 900_000, expireMs: 1_800_000 }],
    [{ seconds: 1800, refresher: "uas" }, "uac", { refreshMs: undefined, expireMs: 1_768_000 }],
    [{ seconds: 90, refresher: "uac" }, "uas", { refreshMs: undefined, expireMs: 60_000 }],
  ] as const)("%o as the %s", (interval, weAre, expected) => expect(scheduleOf(interval, weAre)).toEqual(expected));
});

const agents: UserAgent[] = [];
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent.close();
});

const body = { type: "application/sdp", bytes: utf8("v=0") };

/** A call whose INVITE asks for a session timer, or whose answer does. */
async function called({ asks = [], answers = [] }: { asks?: readonly Header[]; answers?: readonly Header[] }) {
  const { clock, network, alice, bob } = await twoAgents();
  agents.push(alice, bob);
  const invited = new Promise<IncomingInvite>((resolve) => bob.events.on("invite", resolve));
  const outgoing = alice.invite({ target: "sip:bob@192.0.2.2", from: "sip:alice@192.0.2.1", headers: asks, body });
  await clock.advance(5);
  const near = (await invited).accept({ headers: answers, body });
  const outcome = await clock.runUntil(outgoing.outcome);
  if (outcome.kind !== "accepted") throw new Error(outcome.kind);
  const far = outcome.dialog;
  for (const dialog of [near, far]) dialog.events.on("request", (incoming) => incoming.respond(200, incoming.request.method === "INVITE" ? { body } : {}));
  const refreshes = () => network.sent.filter(({ text }) => /^(UPDATE|INVITE) /.test(text)).map(({ text, from }) =>
    `${from.host.endsWith("1") ? "caller" : "called"} ${text.split(" ")[0]} ${/Session-Expires: (\S+)/.exec(text)?.[1]}`).slice(1);
  return { clock, network, near, far, refreshes, answer: outcome.response };
}

describe("a call with a session timer", () => {
  it.each([
    ["the caller", [expires("600")], [], "caller UPDATE 600;refresher=uac"],
    ["the called one, where the caller wants it so", [expires("600;refresher=uas")], [], "called UPDATE 600;refresher=uac"],
    ["the caller, where only the answer asks", [], [expires("600;refresher=uac")], "caller UPDATE 600;refresher=uac"],
    ["the caller, by a re-INVITE where no UPDATE is allowed", [], [expires("600;refresher=uac"), ["Allow", "INVITE, ACK, BYE"]], "caller INVITE 600;refresher=uac"],
  ] as const)("is refreshed by %s, half-way, and goes on", async (_, asks, answers, line) => {
    const { clock, near, far, refreshes } = await called({ asks, answers });
    await clock.advance(299_000);
    expect(refreshes()).toEqual([]);
    await clock.advance(2000);
    expect(refreshes()).toEqual([line]);
    await clock.advance(3_000_000);
    expect(refreshes().length).toBeGreaterThanOrEqual(10);
    expect([near.signal.aborted, far.signal.aborted]).toEqual([false, false]);
    await clock.runUntil(near.bye());
    const before = refreshes().length;
    await clock.advance(1_000_000);
    expect(refreshes()).toHaveLength(before);
  });

  it("ends with a BYE when nobody refreshes it", async () => {
    const { clock, network, near } = await called({ asks: [expires("600")] });
    network.drop = ({ from }) => from.host === "192.0.2.1";
    await clock.advance(567_000);
    expect(near.signal.aborted).toBe(false);
    await clock.advance(2000);
    expect(near.signal.reason).toEqual({ who: "timeout" });
    expect(network.sent.some(({ text }) => text.startsWith("BYE "))).toBe(true);
  });

  it("lasts longer where somebody on the way wants it so (RFC 4028 §7.4)", async () => {
    const { clock, network, near, far, refreshes } = await called({ asks: [expires("90")] });
    const seen: string[] = [];
    let refusals = 1;
    network.drop = ({ text, from, to }) => {
      const update = /^UPDATE [^]*\r\nVia: ([^\r]*)/.exec(text)?.[1];
      if (update === undefined || from.host !== "192.0.2.1") return false;
      seen.push(`${/Session-Expires: (\S+)/.exec(text)?.[1]} ${/Min-SE: (\S+)/.exec(text)?.[1]}`);
      if (refusals-- <= 0) return false;
      const kept = text.split("\r\n").filter((line) => /^(?:Via|From|To|Call-ID|CSeq):/.test(line));
      network.inject(utf8(["SIP/2.0 422 Session Interval Too Small", ...kept, "Min-SE: 200", "Content-Length: 0", "", ""].join("\r\n")), to, from);
      return true;
    };
    await clock.advance(70_000);
    expect(seen).toEqual(["90;refresher=uac undefined", "200;refresher=uac 200"]);
    await clock.advance(1_000_000);
    expect([near.signal.aborted, far.signal.aborted]).toEqual([false, false]);
    expect(refreshes().at(-1)).toBe("caller UPDATE 200;refresher=uac");
  });

  it("is over with its dialog, also where a refresh is answered after the BYE", async () => {
    const { clock, network, near, far } = await called({ asks: [expires("600")] });
    let lost = 0;
    network.drop = ({ text, from }) => from.host === "192.0.2.2" && text.includes("UPDATE") && lost++ === 0;
    const refreshed = far.request("UPDATE");
    await clock.advance(10);
    await clock.runUntil(near.bye());
    expect(far.signal.reason).toEqual({ who: "remote" });
    expect((await clock.runUntil(refreshed)).status).toBe(200);
    await clock.advance(40_000);
    expect([lost, clock.timers]).toEqual([2, 0]);
  });

  it("says in the answer what is agreed, and without one does nothing", async () => {
    const timed = await called({ asks: [expires("600")] });
    expect([header(timed.answer, "Session-Expires"), headerValues(timed.answer, "Require")]).toEqual(["600;refresher=uac", ["timer"]]);
    const plain = await called({});
    expect(header(plain.answer, "Session-Expires")).toBeUndefined();
    await plain.clock.advance(10_000_000);
    expect(plain.refreshes()).toEqual([]);
  });

  it("is refused with 422 when it is too brief", async () => {
    const { clock, alice, bob } = await twoAgents();
    agents.push(alice, bob);
    bob.events.on("invite", (incoming) => incoming.accept({}));
    const outcome = await clock.runUntil(alice.invite({ target: "sip:b@192.0.2.2", from: "sip:a@192.0.2.1", headers: [expires("60")] }).outcome);
    if (outcome.kind !== "refused") throw new Error(outcome.kind);
    expect([outcome.response.status, header(outcome.response, "Min-SE")]).toEqual([422, "90"]);
  });
});
