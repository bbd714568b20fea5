import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Action } from "piopiy";
import { beforeEach, describe, expect, it } from "vitest";
import { echoed, expectHeard, playingFlow } from "./heard-call.ts";
import { LOOPBACK } from "./ports.ts";
import { toneMs } from "./records.ts";
import type { Cleanup } from "./running-program.ts";
import { noSipp, sippCallee, type Sipp, type Transport } from "./sipp.ts";
import { PLAYED_MS, startTestServer } from "./test-server.ts";

const FROM = "15550100";
const TO = "15550200";

/** A server whose trunk is SIPp. */
const serverWithTrunk = (cleanup: Cleanup, { port }: Sipp, transport: Transport = "udp") =>
  startTestServer(cleanup, { trunks: [{ name: "carrier", host: LOOPBACK, port, transport }] });

describe.concurrent("SIPp as the called party", () => {
  beforeEach(({ skip }) => skip(noSipp !== undefined, noSipp));

  it.for(["udp", "tcp"] as const)("over a trunk on %s answers, hears the flow, and is heard", async (transport, { onTestFinished }) => {
    const callee = await sippCallee(onTestFinished, { scenario: "uas_answers", transport });
    const { client, records } = await serverWithTrunk(onTestFinished, callee, transport);
    const { request_id } = await client.voice.call(TO, FROM, playingFlow());
    await callee.done();

    const call = await records.single();
    expect(call).toMatchObject({ request_id, direction: "outbound", from: FROM, to: TO, cause: "completed" });
    expect(call.legs).toMatchObject([{ leg: "a", to: TO, cause: "completed", ended_by: "us" }]);
    expect(call.timeline.map(({ type }) => type)).toContain("leg.ringing");
    await expectHeard({ records }, call, { ...echoed, heardMs: PLAYED_MS - 200, lateMs: 100 });
  });

  it("is busy, and the call's record says so", async ({ onTestFinished }) => {
    const callee = await sippCallee(onTestFinished, { scenario: "uas_busy" });
    const { client, records } = await serverWithTrunk(onTestFinished, callee);
    await client.voice.call(TO, FROM, new Action().playMusic("played.wav"));
    await callee.done();
    expect(await records.single()).toMatchObject({
      cause: "busy",
      duration_ms: null,
      legs: [{ cause: "busy", ended_by: "peer", sip_status: 486 }],
    });
  });

  it.for(["udp", "tcp"] as const)("does not answer over %s, and gets CANCEL", async (transport, { onTestFinished }) => {
    const callee = await sippCallee(onTestFinished, { scenario: "uas_rings", transport });
    const { client, records } = await serverWithTrunk(onTestFinished, callee, transport);
    await client.voice.call(TO, FROM, new Action().playMusic("played.wav"), { timeout: 1 });
    await callee.done();
    expect(await records.single()).toMatchObject({ cause: "no_answer", duration_ms: null, legs: [{ cause: "no_answer" }] });
  });

  it("is bridged to a second SIPp, and each hears the other", async ({ onTestFinished }) => {
    const first = await sippCallee(onTestFinished, {
      scenario: "uas_talks_and_hangs_up",
      fill: { audio: await milliwatt(onTestFinished) },
      echo: false,
      pauseMs: 2500,
    });
    const second = await sippCallee(onTestFinished, { scenario: "uas_answers" });
    const { client, records } = await serverWithTrunk(onTestFinished, first);
    const recorded = new Action().record({ channels: "stereo" });
    await client.voice.call(TO, FROM, `sip:${TO}@${LOOPBACK}:${second.port}`, recorded);
    await Promise.all([first.done(), second.done()]);

    const call = await records.single();
    expect(call).toMatchObject({
      cause: "completed",
      legs: [
        { leg: "a", cause: "completed", ended_by: "peer" },
        { leg: "b", cause: "completed", ended_by: "us" },
      ],
    });
    // The second sends back what it hears: the first's tone makes the whole way, and back.
    const { said, heard } = await records.recording(call);
    expect(toneMs(said, 1000)).toBeGreaterThanOrEqual(1500);
    expect(toneMs(heard, 1000)).toBeGreaterThanOrEqual(1000);
  });
});

/** A file of ITU-T G.711's digital milliwatt (table 6): 1000 Hz in µ-law, for as long as it is repeated. */
async function milliwatt(cleanup: Cleanup): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "piopiy-tone-"));
  cleanup(() => rm(folder, { recursive: true }));
  const period = [0x1e, 0x0b, 0x0b, 0x1e, 0x9e, 0x8b, 0x8b, 0x9e];
  const file = join(folder, "milliwatt.ul");
  await writeFile(file, Uint8Array.from({ length: 8000 }, (_, index) => period[index % 8] ?? 0));
  return file;
}
