import { createPhone, randomIds, systemClock } from "@piopiy/server";
import { beforeEach, describe, expect, it } from "vitest";
import { makeCertificate } from "./certificate.ts";
import { echoed, expectHeard, playingNumber } from "./heard-call.ts";
import { LOOPBACK } from "./ports.ts";
import { toneMs } from "./records.ts";
import { noSipp, sippCaller } from "./sipp.ts";
import { PLAYED_MS, startTestServer, tones } from "./test-server.ts";
import { startTlsTunnel } from "./tls-tunnel.ts";

/** Every address of this machine's own is the trunk's. */
const trunks = [{ name: "carrier", host: LOOPBACK }];
const numbers = [
  playingNumber,
  { number: "15550002", pcmo: [{ action: "record", channels: "stereo" }, { action: "play", file_name: "long.wav" }] },
];
/**
 * Nothing of what was played may be missing but what a busy machine took too long for. An echo comes back a little later
 * than it was played, and its last packets when the call is over.
 */
const expected = { ...echoed, heardMs: PLAYED_MS - 200, lateMs: 100 };

describe.concurrent("SIPp as the caller", () => {
  beforeEach(({ skip }) => skip(noSipp !== undefined, noSipp));

  it.for(["udp", "tcp"] as const)("from a trunk over %s hears the flow of a number, and is heard", async (transport, { onTestFinished }) => {
    const { sip, records } = await startTestServer(onTestFinished, { numbers, trunks });
    const caller = await sippCaller(onTestFinished, { scenario: "uac_hears_flow", transport, server: sip[transport], to: "15550001" });
    await caller.done();

    const call = await records.single();
    expect(call).toMatchObject({ direction: "inbound", from: "15550100", to: "15550001", cause: "completed" });
    expect(call.legs).toMatchObject([{ leg: "a", status: "ended", cause: "completed", ended_by: "us" }]);
    expect(call.duration_ms).toBeGreaterThanOrEqual(PLAYED_MS);
    await expectHeard({ records }, call, expected);
  });

  // Debian's SIPp knows no TLS: what it sends is encrypted on its way.
  it("from a trunk over TLS hears the flow of a number, and is heard", async ({ onTestFinished }) => {
    const { cert, key, ca } = await makeCertificate(onTestFinished, LOOPBACK);
    const { sip, records } = await startTestServer(onTestFinished, { numbers, trunks, tls: { cert, key } });
    const server = await startTlsTunnel(onTestFinished, sip.tls, ca);
    const caller = await sippCaller(onTestFinished, { scenario: "uac_hears_flow", transport: "tcp", server, to: "15550001" });
    await caller.done();

    const call = await records.single();
    expect(call).toMatchObject({ direction: "inbound", to: "15550001", cause: "completed", legs: [{ ended_by: "us" }] });
    await expectHeard({ records }, call, expected);
  });

  it.for(["udp", "tcp"] as const)("hangs up first over %s", async (transport, { onTestFinished }) => {
    const { sip, records } = await startTestServer(onTestFinished, { numbers, trunks });
    const silent = { echo: false, pauseMs: 3000 };
    const caller = await sippCaller(onTestFinished, { scenario: "uac_hangs_up", transport, server: sip[transport], to: "15550002", ...silent });
    await caller.done();

    const call = await records.single();
    expect(call).toMatchObject({ cause: "completed", legs: [{ cause: "completed", ended_by: "peer" }] });
    const { said, heard } = await records.recording(call);
    expect(toneMs(heard, tones.played)).toBeGreaterThanOrEqual(500);
    expect(toneMs(heard, tones.played)).toBeLessThan(10_000);
    expect(toneMs(said, tones.played)).toBe(0);
  });

  it("makes 20 calls, ten a second, and each is performed and recorded", async ({ onTestFinished }) => {
    const { sip, records } = await startTestServer(onTestFinished, { numbers, trunks });
    const caller = await sippCaller(onTestFinished, { scenario: "uac_hears_flow", server: sip.udp, to: "15550001", calls: 20, rate: 10 });
    await caller.done();

    const calls = await records.all(20);
    expect(calls.map(({ cause }) => cause)).toEqual(calls.map(() => "completed"));
    for (const call of calls) await expectHeard({ records }, call, expected);
  });

  it.for(["udp", "tcp"] as const)("is refused over %s with 404 when the number does not exist", async (transport, { onTestFinished }) => {
    const { sip, records } = await startTestServer(onTestFinished, { numbers, trunks });
    const refused = { scenario: "uac_refused", fill: { status: "404" } };
    const caller = await sippCaller(onTestFinished, { ...refused, transport, server: sip[transport], to: "15559999" });
    await caller.done();
    expect(await records.single()).toMatchObject({ to: "15559999", cause: "unreachable", legs: [{ sip_status: 404 }] });
  });

  const elsewhere = [{ name: "carrier", host: "192.0.2.1" }];
  const phones = [{ username: "alice", password: "alice-password", number: "15550003" }];
  it.for([
    ["401", "an address that is no trunk's, where phones may call", { phones, trunks: elsewhere }],
    ["403", "an address that is no trunk's, where no phone could call", { trunks: elsewhere }],
  ] as const)("is refused with %s from %s", async ([status, , setup], { onTestFinished }) => {
    const { sip, records } = await startTestServer(onTestFinished, { numbers, ...setup });
    const caller = await sippCaller(onTestFinished, { scenario: "uac_refused", fill: { status }, server: sip.udp, to: "15550001" });
    await caller.done();
    expect(await records.all(0)).toEqual([]);
  });

  it.for([
    ["a wrong password", "alice", "401"],
    ["a name that nobody has", "mallory", "401"],
  ] as const)("is refused with %s", async ([, username, status], { onTestFinished }) => {
    const { sip, records } = await startTestServer(onTestFinished, { numbers, phones });
    const fill = { username, password: "wrong-password", status };
    const caller = await sippCaller(onTestFinished, { scenario: "uac_signs_in_and_is_refused", fill, server: sip.udp, to: "15550001" });
    await caller.done();
    expect(await records.all(0)).toEqual([]);
  });

  it("gives up a call that rings, and gets 487", async ({ onTestFinished }) => {
    const { sip, records } = await startTestServer(onTestFinished, { phones, trunks });
    const server = { transport: "udp", host: LOOPBACK, port: sip.udp } as const;
    const answering = { do: "ring" } as const;
    const phone = await createPhone({ ...phones[0]!, server, host: LOOPBACK, clock: systemClock, ids: randomIds, answering });
    onTestFinished(() => phone.close());
    await phone.registered;
    const caller = await sippCaller(onTestFinished, { scenario: "uac_cancels", server: sip.udp, to: "15550003" });
    await caller.done();

    const call = await records.single();
    expect(call).toMatchObject({ cause: "cancelled", legs: [{ leg: "a", cause: "cancelled" }, { leg: "b", cause: "cancelled" }] });
  });
});
