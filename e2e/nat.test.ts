import { channels, toneSpans } from "@piopiy/server";
import { Action } from "piopiy";
import { expect, it } from "vitest";
import { startBaresip, type Baresip } from "./baresip.ts";
import { expectHeard, HEARD_MS, playingFlow } from "./heard-call.ts";
import { startNat } from "./nat.ts";
import { toneMs } from "./records.ts";
import { startTestServer, tones, type TestServer } from "./test-server.ts";

const FROM = "15550100";
const TO = "15550101";
const phones = [{ username: "alice", password: "alice-password", number: TO }];

it("a phone behind a NAT is called, before and after the router forgets it, and in a call that goes on meanwhile", async ({ onTestFinished }) => {
  const nat = await startNat(onTestFinished);
  const server = await startTestServer(onTestFinished, { phones, host: nat.outside });
  const phone = await startBaresip(onTestFinished, {
    username: "alice", password: "alice-password", says: tones.phone, answers: true, registersEvery: 3,
    host: nat.phone, namespace: nat.home, server: { host: nat.outside, port: server.sip.udp },
  });
  await isCalled(server, phone, 1);

  const before = await nat.ports();
  await nat.rebind();
  await registration();
  await isCalled(server, phone, 2);
  const after = await nat.ports();
  expect(before.length).toBeGreaterThan(0);
  expect(after.length).toBeGreaterThan(0);
  expect(after.filter((port) => before.includes(port))).toEqual([]);

  await server.client.voice.call(TO, FROM, new Action().record({ channels: "stereo" }).playMusic("long.wav"));
  await phone.lasted(1);
  await nat.rebind();
  await phone.lasted(5);
  expect((await nat.ports()).filter((port) => after.includes(port))).toEqual([]);
  await phone.hangUp();
  const call = (await server.records.all(3)).find(({ legs }) => legs[0]?.ended_by === "peer");
  expect(call).toMatchObject({ cause: "completed" });
  const { said, heard } = await server.records.recording(call!);
  for (const [samples, tone] of [[said, tones.phone], [heard, tones.played], [await phone.heard(), tones.played]] as const) {
    const endMs = samples.length / 8;
    expect(toneSpans(samples, [tone]).at(-1)!.toMs).toBeGreaterThan(endMs - 300);
    expect(toneMs(samples, tone)).toBeGreaterThan(endMs - 3500);
  }
});

/** Resolves when the server has taken the next REGISTER. */
function registration(): Promise<void> {
  return new Promise((resolve) => {
    const registered = () => {
      channels.sipRegistration.unsubscribe(registered);
      resolve();
    };
    channels.sipRegistration.subscribe(registered);
  });
}

/** The phone is called; both hear the other for as long as the flow is. */
async function isCalled({ client, records }: TestServer, phone: Baresip, calls: number): Promise<void> {
  const { request_id } = await client.voice.call(TO, FROM, playingFlow());
  await phone.callEnded();
  expect(toneMs(await phone.heard(), tones.played)).toBeGreaterThanOrEqual(HEARD_MS);
  const call = (await records.all(calls)).find((call) => call.request_id === request_id);
  expect(call).toMatchObject({ cause: "completed", legs: [{ ended_by: "us" }] });
  await expectHeard({ records }, call!);
}
