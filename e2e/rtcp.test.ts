import { beforeEach, describe, expect, it } from "vitest";
import { noBaresip, startBaresip } from "./baresip.ts";
import { LOOPBACK } from "./ports.ts";
import { PLAYED_MS, startTestServer, tones } from "./test-server.ts";

const account = { username: "alice", password: "alice-password", says: tones.phone } as const;
const phones = [{ username: "alice", password: "alice-password", number: "15550101" }];
/** Both sides have reported twice at least. */
const LONG_MS = 13_000;

describe("a real phone's reports", () => {
  beforeEach(({ skip }) => skip(noBaresip !== undefined, noBaresip));

  it("say how it heard the call, and how long packets are on their way", async ({ onTestFinished }) => {
    const play = { action: "play", file_name: "played.wav" };
    const pcmo = Array.from({ length: Math.ceil(LONG_MS / PLAYED_MS) }, () => play);
    const { sip, records } = await startTestServer(onTestFinished, { phones, numbers: [{ number: "15550001", pcmo }] });
    const phone = await startBaresip(onTestFinished, { ...account, server: { host: LOOPBACK, port: sip.udp } });
    phone.call("15550001");
    await phone.inCall();
    await phone.callEnded();

    const { timeline } = await records.single();
    const entry = timeline.find(({ type }) => type === "leg.media");
    // How good it was is a matter of how busy the machine is.
    const told = { lossPercent: expect.any(Number), jitterMs: expect.any(Number), rFactor: expect.any(Number), mos: expect.any(Number) };
    expect(entry).toMatchObject({ data: { quality: { received: told, sent: told, roundTripMs: expect.any(Number) } } });
  });
});
