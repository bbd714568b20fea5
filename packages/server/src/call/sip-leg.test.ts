import assert from "node:assert/strict";
import { describe, expect, it } from "vitest";
import { Emitter, text, utf8, VirtualClock } from "../base/index.ts";
import type { MediaParameters, MediaSession, MediaSessionEvents, MediaStatistics } from "../media/index.ts";
import { createOffer, type Direction, type LocalMedia, type Negotiated } from "../sdp/index.ts";
import type { Dialog, DialogEnd, DialogEvents, Header, ResponseExtra, SipResponse } from "../sip/index.ts";
import { attachDialog } from "./in-dialog.ts";
import { setMedia } from "./leg-media.ts";
import type { Leg } from "./leg.ts";
import { upLine } from "./outbound-leg.ts";
import { offerDirection } from "./renegotiate.ts";
import { createSipLeg } from "./sip-leg.ts";

const local: LocalMedia = {
  host: "127.0.0.1", port: 4000, codecs: ["PCMU", "PCMA"], telephoneEvent: true, direction: "sendrecv", sessionId: 7, sessionVersion: 1,
};
const negotiated: Negotiated = {
  remote: { host: "127.0.0.1", port: 5000 }, codec: "PCMU", payloadType: 0, telephoneEventPayloadType: 101, direction: "sendrecv", packetMs: 20,
};
const nothing: MediaStatistics = {
  packetsSent: 0, packetsReceived: 0, packetsLost: 0, packetsDiscarded: 0, packetsInvalid: 0, underruns: 0, latestSendMs: 0,
};
const offerOf = (direction: Direction, codecs: LocalMedia["codecs"] = ["PCMU"]) => createOffer({ ...local, port: 5002, codecs, direction, sessionId: 9 });

interface Reply {
  readonly status: number;
  readonly extra: ResponseExtra | undefined;
}

/** A leg that is up, on a dialog and a media session without sockets. */
function upLeg(mediaTimeoutMs?: number, signalHold = false) {
  const clock = new VirtualClock();
  const media = new Emitter<MediaSessionEvents>();
  const configured: MediaParameters[] = [];
  const held: [string, number | undefined][] = [];
  const muted: boolean[] = [];
  const life = new AbortController();
  const requests = new Emitter<DialogEvents>();
  const byes: (readonly Header[] | undefined)[] = [];
  const sent: { method: string; body: string }[] = [];
  const fake = { closed: false, answerBye: true, response: response(200), confirm: Promise.resolve() };
  const session: MediaSession = {
    local: { host: "127.0.0.1", port: 4000 },
    events: media,
    configure: (parameters) => void configured.push(parameters),
    play: async () => ({ complete: false, heardMs: 0 }),
    sendDigits: async () => undefined,
    tap: () => () => undefined,
    listen: () => () => undefined,
    feed: () => assert.fail("a leg feeds nothing by itself"),
    join: () => () => undefined,
    hold: (hearer, music) => void held.push([hearer, music?.length]),
    mute: (on) => void muted.push(on),
    dtls: () => ({ send: () => undefined, close: () => undefined }),
    close: async () => {
      fake.closed = true;
      return nothing;
    },
  };
  const dialog: Dialog = {
    callId: "call",
    localTag: "ours",
    remoteTag: "theirs",
    sibling: () => undefined,
    signal: life.signal,
    events: requests,
    async request(method, extra) {
      sent.push({ method, body: text(extra?.body?.bytes ?? new Uint8Array(0)) });
      await fake.confirm;
      return fake.response;
    },
    bye(headers) {
      byes.push(headers);
      life.abort({ who: "local" });
      return fake.answerBye ? Promise.resolve() : new Promise(() => undefined);
    },
  };
  const info = { direction: "outbound", from: "1", to: "2" } as const;
  const timeout = mediaTimeoutMs === undefined ? {} : { mediaTimeoutMs };
  const { leg, state } = createSipLeg({ id: "leg", info, session, local, clock, holdMusic: new Int16Array(160), signalHold, ...timeout }, upLine);
  setMedia(state, { local, description: createOffer(local), negotiated });
  attachDialog(state, dialog);
  const ask = (method: string, body: Uint8Array = new Uint8Array(0), type = "application/sdp"): Reply => {
    const replies: Reply[] = [];
    const headers = body.length > 0 ? [["Content-Type", type] as const] : [];
    requests.emit("request", {
      request: { type: "request", method, uri: "sip:us", headers, body },
      source: { transport: "udp", host: "127.0.0.1", port: 5060 },
      respond: (status, extra) => void replies.push({ status, extra }),
    });
    return replies[0] ?? { status: 0, extra: undefined };
  };
  const acknowledge = (body: Uint8Array = new Uint8Array(0)) =>
    requests.emit("ack", { type: "request", method: "ACK", uri: "sip:us", headers: [["Content-Type", "application/sdp"]], body });
  const end = (how: DialogEnd) => life.abort(how);
  return { leg, clock, media, held, muted, configured, byes, sent, fake, ask, acknowledge, end, digits: digitsOf(leg) };
}

function digitsOf(leg: Leg): string[] {
  const heard: string[] = [];
  leg.digits.on("digit", (digit) => void heard.push(digit));
  return heard;
}

function response(status: number, body: Uint8Array = new Uint8Array(0)): SipResponse {
  return { type: "response", status, reason: "", headers: [["Content-Type", "application/sdp"]], body };
}

/** What the other side calls a direction. */
const mirrored = { sendrecv: "sendrecv", sendonly: "recvonly", recvonly: "sendonly", inactive: "inactive" } as const;
const relay = (key: string) => utf8(`Signal=${key}\r\nDuration=160\r\n`);
const bodyOf = ({ extra }: Reply) => text(extra?.body?.bytes ?? new Uint8Array(0));

describe("the end of a leg", () => {
  it.each([
    [{ who: "remote" }, { reason: "completed", who: "peer" }],
    [{ who: "remote", reasonHeader: "Q.850;cause=38" }, { reason: "failed", who: "peer" }],
    [{ who: "timeout" }, { reason: "failed", who: "network", sipStatus: 408 }],
    [{ who: "local" }, { reason: "shutdown", who: "us" }],
  ] satisfies [DialogEnd, unknown][])("by its dialog %o is %o", (how, cause) => {
    const { leg, end, fake, byes } = upLeg();
    end(how);
    expect(leg.signal.reason).toEqual(cause);
    expect(fake.closed).toBe(true);
    expect(byes).toEqual([]);
  });

  it("by us sends one BYE with the reason, and aborts at once", async () => {
    const { leg, byes } = upLeg();
    const hungUp = leg.hangup({ reason: "duration", who: "us" });
    expect(leg.signal.reason).toEqual({ reason: "duration", who: "us" });
    await hungUp;
    await leg.hangup();
    expect(leg.signal.reason).toEqual({ reason: "duration", who: "us" });
    expect(byes).toEqual([[["Reason", 'Q.850;cause=31;text="duration"']]]);
  });

  it("does not wait long for a peer that answers no BYE", async () => {
    const { leg, clock, fake } = upLeg();
    fake.answerBye = false;
    const waited: number[] = [];
    const hungUp = leg.hangup().then(() => waited.push(clock.monotonicMs()));
    await clock.runUntil(hungUp);
    expect(waited).toEqual([2000]);
    expect(clock.timers).toBe(0);
  });

  it("makes answering impossible", async () => {
    const { leg, end } = upLeg();
    await leg.answer();
    end({ who: "remote" });
    await expect(leg.answer()).rejects.toEqual({ reason: "completed", who: "peer" });
  });
});

describe("a peer that is gone", () => {
  it.each([
    ["is hung up after a minute", undefined, 60_000, true],
    ["is waited for until then", undefined, 59_000, false],
    ["is hung up when it is configured so", 2000, 2000, true],
    ["is waited for for ever when it is configured so", 0, 3_600_000, false],
  ])("%s", (_, limitMs, quietMs, ends) => {
    const { leg, media, byes } = upLeg(limitMs);
    media.emit("quiet", { quietMs });
    expect(leg.signal.aborted).toBe(ends);
    expect(byes).toHaveLength(ends ? 1 : 0);
    if (ends) expect(leg.signal.reason).toEqual({ reason: "media_timeout", who: "network" });
  });

  it("may be silent while it holds us, and not after that", () => {
    const { leg, media, ask } = upLeg();
    ask("INVITE", offerOf("sendonly"));
    media.emit("quiet", { quietMs: 90_000 });
    expect(leg.signal.aborted).toBe(false);
    ask("INVITE", offerOf("sendrecv"));
    media.emit("quiet", { quietMs: 60_000 });
    expect(leg.signal.aborted).toBe(true);
  });
});

describe("keys", () => {
  it("come by RFC 4733, and an INFO of the same key is no second one", () => {
    const { media, ask, digits } = upLeg();
    media.emit("digit", { digit: "5", durationMs: 100 });
    expect(ask("INFO", relay("5"), "application/dtmf-relay").status).toBe(200);
    media.emit("digit", { digit: "5", durationMs: 100 });
    expect(digits).toEqual(["5", "5"]);
  });

  it("come by INFO, and RFC 4733 of the same key is no second one", () => {
    const { media, ask, digits } = upLeg();
    ask("INFO", relay("*"), "application/dtmf-relay");
    media.emit("digit", { digit: "*", durationMs: 100 });
    ask("INFO", utf8("7"), "application/dtmf");
    expect(digits).toEqual(["*", "7"]);
  });

  it("come no more when the leg has ended", () => {
    const { media, end, digits } = upLeg();
    end({ who: "remote" });
    media.emit("digit", { digit: "5", durationMs: 100 });
    expect(digits).toEqual([]);
  });
});

describe("a change of the session by the peer", () => {
  it.each([
    ["hold", "sendonly", "recvonly"],
    ["hold without music", "inactive", "inactive"],
    ["one way", "recvonly", "sendonly"],
  ] as const)("%s is answered and obeyed", (_, offered, ours) => {
    const { ask, configured } = upLeg();
    const reply = ask("INVITE", offerOf(offered));
    expect(reply.status).toBe(200);
    expect(bodyOf(reply)).toContain(`a=${ours}`);
    expect(configured.at(-1)).toMatchObject({ direction: ours, remote: { port: 5002 } });
  });

  it("to the other codec is obeyed", () => {
    const { ask, configured } = upLeg();
    expect(ask("UPDATE", offerOf("sendrecv", ["PCMA"])).status).toBe(200);
    expect(configured.at(-1)).toMatchObject({ codec: "PCMA", payloadType: 8 });
  });

  it("counts our version up exactly when our description changes (RFC 3264 §8)", () => {
    const { ask } = upLeg();
    const versions = (["sendonly", "sendonly", "sendrecv", "sendrecv"] as const).map(
      (direction) => /^o=- 7 (\d+)/m.exec(bodyOf(ask("INVITE", offerOf(direction))))?.[1],
    );
    expect(versions).toEqual(["2", "2", "3", "3"]);
  });

  it.each([
    ["garbage", utf8("v=0\r\nm=nonsense"), "application/sdp", 488],
    ["no common codec", utf8("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 5000 RTP/AVP 18\r\n"), "application/sdp", 488],
    ["another type of body", utf8("<xml/>"), "application/xml", 415],
  ])("%s is refused and leaves all as it was", (_, body, type, status) => {
    const { ask, configured, leg } = upLeg();
    expect(ask("INVITE", body, type).status).toBe(status);
    expect(configured).toHaveLength(1);
    expect(leg.signal.aborted).toBe(false);
  });

  it("without an offer gets ours, and the answer in the ACK is put into force", () => {
    const { ask, acknowledge, configured } = upLeg();
    expect(bodyOf(ask("INVITE"))).toBe(text(createOffer(local)));
    acknowledge(offerOf("sendrecv", ["PCMA"]));
    expect(configured.at(-1)).toMatchObject({ codec: "PCMA", remote: { port: 5002 } });
    ask("INVITE");
    acknowledge();
    acknowledge(offerOf("inactive"));
    expect(configured).toHaveLength(2);
  });

  it("without an offer has one of ours that waits for its answer: nothing else is offered before (RFC 3311 §5.2)", async () => {
    const { leg, ask, acknowledge, configured, sent } = upLeg();
    ask("INVITE");
    expect(ask("UPDATE", offerOf("inactive")).status).toBe(491);
    expect(ask("INVITE", offerOf("inactive")).status).toBe(491);
    await expect(offerDirection(leg, "sendonly")).resolves.toBe(false);
    expect([configured.length, sent.length]).toEqual([1, 0]);
    acknowledge(offerOf("sendrecv", ["PCMA"]));
    expect(configured.at(-1)).toMatchObject({ codec: "PCMA" });
    expect(ask("UPDATE", offerOf("inactive")).status).toBe(200);
  });

  it("may stand among other parts of a body (RFC 5621 §3)", () => {
    const { ask, configured } = upLeg();
    const parts = `--x\r\nContent-Type: application/isup\r\n\r\n\u0001\r\n--x\r\nContent-Type: application/sdp\r\n\r\n${text(offerOf("sendrecv", ["PCMA"]))}\r\n--x--\r\n`;
    expect(ask("INVITE", utf8(parts), "multipart/mixed;boundary=x").status).toBe(200);
    expect(configured.at(-1)).toMatchObject({ codec: "PCMA" });
  });

  it("by an UPDATE without an offer is none", () => {
    const { ask } = upLeg();
    const update = ask("UPDATE");
    expect([update.status, bodyOf(update)]).toEqual([200, ""]);
  });
});

describe("a change of the session by us", () => {
  it("offers the direction with the next version and puts the answer into force", async () => {
    const { leg, sent, configured, fake } = upLeg();
    fake.response = response(200, offerOf("recvonly"));
    await expect(offerDirection(leg, "sendonly")).resolves.toBe(true);
    expect(sent).toMatchObject([{ method: "INVITE" }]);
    expect(sent[0]?.body).toContain("a=sendonly");
    expect(sent[0]?.body).toContain("o=- 7 2 ");
    expect(configured.at(-1)?.direction).toBe("sendonly");
  });

  it("that is refused changes nothing", async () => {
    const { leg, configured, fake } = upLeg();
    fake.response = response(488);
    await expect(offerDirection(leg, "sendonly")).resolves.toBe(false);
    expect(configured).toHaveLength(1);
    expect(leg.signal.aborted).toBe(false);
  });

  it.each<[Direction, Direction, readonly Direction[], Reply["status"]]>([
    ["sendonly", "sendrecv", ["sendrecv", "sendrecv"], 200],
    ["inactive", "sendrecv", ["recvonly", "sendrecv"], 200],
    ["inactive", "sendonly", ["sendonly"], 200],
    ["sendonly", "sendrecv", ["sendrecv", "sendonly"], 488],
    ["inactive", "recvonly", ["recvonly", "inactive"], 488],
    ["sendrecv", "sendonly", [], 488],
  ])("from %s to %s is heard before it is answered (RFC 3264 §5.1): %j", async (before, offered, expected, status) => {
    const { leg, ask, configured, fake } = upLeg();
    ask("INVITE", offerOf(mirrored[before]));
    const from = configured.length;
    expect(configured.at(-1)?.direction).toBe(before);
    fake.response = response(status, offerOf(mirrored[offered]));
    await offerDirection(leg, offered);
    expect(configured.slice(from).map(({ direction }) => direction)).toEqual(expected);
  });

  it("that meets one of the peer's makes it wait (RFC 3261 §14.2)", async () => {
    const { leg, ask, fake } = upLeg();
    fake.response = response(200, offerOf("recvonly"));
    const offering = offerDirection(leg, "sendonly");
    expect(ask("INVITE", offerOf("sendonly")).status).toBe(491);
    // Not so one that only keeps the call alive (RFC 4028 §7.4).
    expect(ask("UPDATE").status).toBe(200);
    await offering;
    expect(ask("INVITE", offerOf("sendrecv")).status).toBe(200);
  });

  it("ends the leg when the peer knows of no dialog (RFC 3261 §12.2.1.2)", async () => {
    const { leg, fake } = upLeg();
    fake.response = response(481);
    await expect(offerDirection(leg, "sendonly")).resolves.toBe(false);
    expect(leg.signal.reason).toEqual({ reason: "failed", who: "network", sipStatus: 481 });
  });
});

describe("other requests inside a call", () => {
  it.each([
    ["OPTIONS", undefined, 200],
    ["INFO", undefined, 200],
    ["INFO", "application/unknown", 415],
    ["REFER", undefined, 603],
    ["NOTIFY", undefined, 489],
    ["SUBSCRIBE", undefined, 489],
    ["MESSAGE", "text/plain", 405],
  ])("%s with %s: %i", (method, type, status) => {
    const { ask, digits } = upLeg();
    expect(ask(method, type ? utf8("5") : undefined, type).status).toBe(status);
    expect(digits).toEqual([]);
  });
});

describe("a leg on hold", () => {
  it("hears the music until it is taken off hold; twice is once", () => {
    const { leg, held } = upLeg();
    leg.control.hold(true);
    leg.control.hold(true);
    expect([leg.control.held, held]).toEqual([true, [["party", 160]]]);
    leg.control.hold(false);
    leg.control.hold(false);
    expect([leg.control.held, held]).toEqual([false, [["party", 160], ["party", undefined]]]);
  });

  it("by its own phone lets the others hear the music, until the phone comes back", () => {
    const { ask, held } = upLeg();
    ask("INVITE", offerOf("sendonly"));
    ask("INVITE", offerOf("inactive"));
    expect(held).toEqual([["partners", 160]]);
    ask("INVITE", offerOf("sendrecv"));
    expect(held.at(-1)).toEqual(["partners", undefined]);
    ask("INVITE", createOffer({ ...local, host: "0.0.0.0", port: 5002, sessionId: 9 }));
    expect(held.at(-1)).toEqual(["partners", 160]);
  });

  it("and one that is muted are told apart, and neither is possible after the end", async () => {
    const { leg, held, muted, end } = upLeg();
    leg.control.mute(true);
    leg.control.mute(true);
    expect([leg.control.muted, leg.control.held, muted]).toEqual([true, false, [true]]);
    end({ who: "remote" });
    leg.control.mute(false);
    leg.control.hold(true);
    expect([muted, held]).toEqual([[true], []]);
  });
});

describe("a hold that is signalled", () => {
  const directions = (sent: readonly { body: string }[]) => sent.map(({ body }) => /^a=(sendonly|sendrecv)/m.exec(body)?.[1]);

  it("is told to the phone, and so is its end", async () => {
    const { leg, sent, held, fake, clock } = upLeg(undefined, true);
    fake.response = response(200, offerOf("recvonly"));
    leg.control.hold(true);
    await clock.advance(0);
    fake.response = response(200, offerOf("sendrecv"));
    leg.control.hold(false);
    await clock.advance(0);
    expect(directions(sent)).toEqual(["sendonly", "sendrecv"]);
    expect(held).toEqual([["party", 160], ["party", undefined]]);
  });

  it("and taken back at once is told in its order, or not at all", async () => {
    const { leg, sent, fake, clock } = upLeg(undefined, true);
    let confirm: () => void = () => undefined;
    fake.confirm = new Promise((resolve) => (confirm = resolve));
    fake.response = response(200, offerOf("recvonly"));
    for (const on of [true, false, true, false]) leg.control.hold(on);
    confirm();
    await clock.advance(0);
    expect(directions(sent)).toEqual(["sendonly", "sendrecv"]);
  });

  it("that the phone refuses is music all the same", async () => {
    const { leg, held, fake, clock } = upLeg(undefined, true);
    fake.response = response(488);
    leg.control.hold(true);
    await clock.advance(0);
    expect([leg.control.held, held, leg.signal.aborted]).toEqual([true, [["party", 160]], false]);
  });

  it("is not, unless it is asked for", () => {
    const { leg, sent } = upLeg();
    leg.control.hold(true);
    expect(sent).toEqual([]);
  });
});

it("a leg whose media thread has died ends, and its peer is told", () => {
  const { leg, media, byes } = upLeg();
  media.emit("lost", { failure: new Error("gone") });
  expect(leg.signal.reason).toEqual({ reason: "media_failed", who: "us" });
  expect(byes).toHaveLength(1);
});
