import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { channels, randomIds, systemClock, text, utf8 } from "./base/index.ts";
import type { PhoneCall } from "./phone/index.ts";
import { app, host, startReceiver, startWorld, toneWav, until, type CallRecord, type Receiver, type World } from "./server-world.test.support.ts";
import { createUserAgent, type Dialog, type IncomingInvite, type UserAgent } from "./sip/index.ts";

// Whoever hangs up, and whenever: every leg ends once, and nothing is left open.

const tones = { file: 620, alice: 440, bob: 880 } as const;
let world: World;
let hooks: Receiver;
beforeAll(async () => {
  hooks = await startReceiver(() => ({ body: "" }));
  world = await startWorld({ phones: 40, config: { apps: [{ ...app, cdr_url: `${hooks.url}/cdr`, event_url: `${hooks.url}/event` }] } });
  await world.media("file.wav", toneWav(tones.file, 20_000));
});
afterAll(async () => {
  await until("the end of all legs", async () => ((await world.metric("piopiy_legs_active")) === 0 ? true : undefined));
  await until("the end of all media", async () => ((await world.metric("piopiy_media_sessions")) === 0 ? true : undefined));
  await world.close();
  await hooks.close();
});

const toNumber = (number: string) => ({ type: "pstn", number });
const bridgeTo = (connect: readonly object[], more: object = {}) => ({ action: "bridge", connect, timeout: 10, ...more });

async function answered(pcmo: readonly unknown[]) {
  const phone = await world.phone();
  const ringing = phone.nextCall();
  const id = await world.call(phone.username, pcmo);
  return { id, call: await ringing };
}

/** Resolves when the action of that name has begun. */
const begun = (id: string, name: string) =>
  until(`the begin of ${name}`, async () => (await world.record(id)).timeline.find(({ type, data }) => type === "action.started" && data?.["action"] === name));

/** What every call must leave behind: one end of each leg and of the call, on the timeline and told to the app. */
async function endsOnce(id: string): Promise<CallRecord> {
  const record = await world.ended(id);
  for (const { cmiuuid, status, cause } of record.legs) {
    expect([status, typeof cause]).toEqual(["ended", "string"]);
    expect(record.timeline.filter(({ type, leg_id }) => type === "leg.ended" && leg_id === cmiuuid)).toHaveLength(1);
    const of = (path: string, what: RegExp) =>
      hooks.received.filter((one) => one.path === path && one.body["cmiuuid"] === cmiuuid && what.test(String(one.body["status"])));
    const both = () => [of("/cdr", /^(answered|missed)$/).length, of("/event", /_hangup$/).length];
    await until("the CDR and the event", () => (both().includes(0) ? undefined : true));
    expect(both()).toEqual([1, 1]);
  }
  expect(record.timeline.filter(({ type }) => type === "call.ended")).toHaveLength(1);
  return record;
}

/** A far end in the hands of the test: nothing happens that the test does not do. */
async function farEnd(transport: "udp" | "tcp" = "udp") {
  const agent: UserAgent = await createUserAgent({ clock: systemClock, ids: randomIds, listen: [{ transport, host, port: 0 }] });
  const invites: ((invite: IncomingInvite) => void)[] = [];
  agent.events.on("invite", (invite) => {
    invite.respond(180);
    invites.shift()?.(invite);
  });
  const { port } = agent.addresses[0]!;
  const uri = `sip:far@${host}:${port}${transport === "tcp" ? ";transport=tcp" : ""}`;
  const called = () => new Promise<IncomingInvite>((resolve) => void invites.push(resolve));
  return { agent, uri, called };
}

const sdp = { type: "application/sdp", bytes: utf8(`v=0\r\no=- 1 1 IN IP4 ${host}\r\ns=-\r\nc=IN IP4 ${host}\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n`) };
const over = (dialog: Dialog) => new Promise<unknown>((resolve) => {
  if (dialog.signal.aborted) resolve(dialog.signal.reason);
  else dialog.signal.addEventListener("abort", () => resolve(dialog.signal.reason));
});

/** Calls `then` when the server sends a request of that method, before it leaves. */
function atSending(method: string, target: string, then: () => void): () => void {
  const watch = (published: unknown) => {
    const { direction, message }: { direction?: string; message?: Uint8Array } = Object(published);
    if (direction === "out" && message && text(message).startsWith(`${method} ${target}`)) then();
  };
  channels.sipMessage.subscribe(watch);
  return () => {
    channels.sipMessage.unsubscribe(watch);
  };
}

describe.concurrent("the party hangs up during", () => {
  const ask = { action_url: "http://127.0.0.1:9/digits", timeout: 30, max_digit: 4 };
  it.each<[string, object]>([
    ["play", { action: "play", file_name: "file.wav" }],
    ["speak", { action: "speak", text: "A long sentence, which takes its time, and goes on, and on, and on, and does not end. ".repeat(5) }],
    ["play_get_input", { action: "play_get_input", file_name: "file.wav", ...ask }],
    ["input", { action: "input", ...ask }],
    ["record", { action: "record" }],
    ["record with a limit", { action: "record", max_length: 30 }],
  ])("%s", async (name, action) => {
    // A record without a limit ends no sooner than the call when nothing follows it.
    const { id, call } = await answered(name === "record" ? [action] : [action, { action: "play", file_name: "file.wav" }]);
    await begun(id, String(Object(action).action));
    await call.hangup();
    const record = await endsOnce(id);
    expect(record.legs).toMatchObject([{ leg: "a", cause: "completed", ended_by: "peer" }]);
    expect(record.timeline.filter(({ type }) => type === "action.started")).toHaveLength(1);
    expect(record.recordings.map(({ status }) => status)).toEqual(record.recordings.map(() => "completed"));
  });

  it.each([["one", {}, 1], ["a group", { ring_type: "group" }, 2]] as const)("a bridge while %s rings: nobody rings any more", async (_, more, count) => {
    const phones = await Promise.all(Array.from({ length: count }, () => world.phone({ answering: { do: "ring" } })));
    const ring = Promise.all(phones.map((phone) => new Promise((resolve) => phone.events.on("ringing", resolve))));
    const { id, call } = await answered([bridgeTo(phones.map(({ username }) => toNumber(username)), more)]);
    await ring;
    await call.hangup();
    const record = await endsOnce(id);
    expect(record.legs.map(({ leg, cause }) => [leg, cause])).toEqual([["a", "completed"], ...phones.map(() => ["b", "cancelled"])]);
  });
});

/** Two who talk. */
async function talking(): Promise<{ id: string; call: PhoneCall; other: PhoneCall }> {
  const second = await world.phone();
  const picksUp = second.nextCall();
  const { id, call } = await answered([bridgeTo([toNumber(second.username)])]);
  const other = await picksUp;
  call.sendTone(tones.alice);
  await other.hears(tones.alice);
  return { id, call, other };
}

describe.concurrent("in a bridge", () => {
  it.each<[string, (both: { call: PhoneCall; other: PhoneCall }) => Promise<unknown>]>([
    ["the first one hangs up", ({ call }) => call.hangup()],
    ["the second one hangs up", ({ other }) => other.hangup()],
    ["both hang up at once", ({ call, other }) => Promise.all([call.hangup(), other.hangup()])],
  ])("%s", async (_, hangUp) => {
    const { id, ...both } = await talking();
    await hangUp(both);
    await Promise.all([both.call.ended, both.other.ended]);
    const record = await endsOnce(id);
    expect(record.legs.map(({ cause }) => cause)).toEqual(["completed", "completed"]);
  });
});

describe.concurrent("a far end", () => {
  it("that answers when the first party has left is hung up at once", async () => {
    const { agent, uri, called } = await farEnd();
    const invited = called();
    const { id, call } = await answered([bridgeTo([{ type: "sip", uri }])]);
    const invite = await invited;
    let dialog: Dialog | undefined;
    // The 200 leaves before the CANCEL has come.
    const stop = atSending("CANCEL", uri, () => (dialog ??= invite.accept({ body: sdp })));
    await call.hangup();
    await until("the answer", () => dialog);
    stop();
    expect(await over(dialog!)).toMatchObject({ who: "remote" });
    const record = await endsOnce(id);
    expect(record.legs.map(({ leg, cause }) => [leg, cause])).toEqual([["a", "completed"], ["b", "cancelled"]]);
    await agent.close();
  });

  it("that answers when its time was over is hung up, with the reason, and the next one is called", async () => {
    const { agent, uri, called } = await farEnd();
    const next = await world.phone();
    const [invited, picksUp] = [called(), next.nextCall()];
    const { id, call } = await answered([bridgeTo([{ type: "sip", uri }, toNumber(next.username)], { timeout: 1 })]);
    const invite = await invited;
    let dialog: Dialog | undefined;
    const stop = atSending("CANCEL", uri, () => (dialog ??= invite.accept({ body: sdp })));
    const other = await picksUp;
    stop();
    expect(await over(dialog!)).toEqual({ who: "remote", reasonHeader: 'Q.850;cause=19;text="no answer"' });
    await other.hangup();
    await call.ended;
    const record = await endsOnce(id);
    expect(record.legs.map(({ leg, cause }) => [leg, cause])).toEqual([["a", "completed"], ["b", "no_answer"], ["b", "completed"]]);
    await agent.close();
  });

  it.each(["udp", "tcp"] as const)("at a SIP address over %s is called, shown the caller id, and hung up with the first party", async (transport) => {
    const { agent, uri, called } = await farEnd(transport);
    const invited = called();
    const { id, call } = await answered([bridgeTo([{ type: "sip", uri }], { from: 918000000077 })]);
    const invite = await invited;
    expect([invite.source.transport, invite.request.uri]).toEqual([transport, uri]);
    expect(invite.request.headers.find(([name]) => name === "From")?.[1]).toContain("sip:918000000077@");
    const dialog = invite.accept({ body: sdp });
    await until("the bridge", async () => (await world.record(id)).timeline.find(({ type }) => type === "bridge.started"));
    await call.hangup();
    expect(await over(dialog)).toMatchObject({ who: "remote" });
    await endsOnce(id);
    await agent.close();
  });
});
