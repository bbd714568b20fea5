import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { toneSpans } from "@piopiy/server";
import { Action } from "piopiy";
import { beforeEach, describe, expect, it } from "vitest";
import { noJitter, startBadNetwork } from "./bad-network.ts";
import { noBaresip, startBaresip } from "./baresip.ts";
import { LOOPBACK } from "./ports.ts";
import { toneMs } from "./records.ts";
import type { Cleanup } from "./running-program.ts";
import { startTestServer, tones } from "./test-server.ts";

const why = await noJitter();
if (why !== undefined) console.warn(`Left out: ${why}`);

const phones = [{ username: "alice", password: "alice-password", number: "15550101" }];

describe("a phone behind a network that loses 5 % of the packets", () => {
  beforeEach(({ skip }) => skip(noBaresip !== undefined, noBaresip));

  it.for(["loss", "loss and jitter"] as const)("with %s is understood throughout, hears the flow, and its keys arrive as they were pressed", async (faults, { onTestFinished, skip }) => {
    skip(faults === "loss and jitter" && why !== undefined, why);
    const network = await startBadNetwork(onTestFinished, faults);
    const webhook = await startWebhook(onTestFinished);
    const flow = new Action().record({ channels: "stereo" }).input(webhook.url, { max_digit: 8, timeout: 20 }).playMusic("played.wav").PCMO();
    const server = await startTestServer(onTestFinished, { phones, numbers: [{ number: "15550001", pcmo: flow }], host: network.outside, urls: { allow: [LOOPBACK] } });
    const phone = await startBaresip(onTestFinished, {
      username: "alice", password: "alice-password", says: tones.phone,
      host: network.phone, namespace: network.namespace, server: { host: network.outside, port: server.sip.udp },
    });
    phone.call("15550001");
    await phone.inCall();
    await phone.lasted(6);
    await phone.press("11223344");
    await phone.callEnded();

    expect(webhook.posted).toMatchObject([{ dtmf: "11223344" }]);
    const call = await server.records.single();
    expect(call).toMatchObject({ cause: "completed" });
    const { said } = await server.records.recording(call);
    // Until the first key it says its tone without a pause.
    const gaps = gapsOf(toneSpans(said.subarray(0, 5 * 8000), [tones.phone]));
    expect(gaps.every((gapMs) => gapMs <= 200)).toBe(true);
    expect(toneMs(await phone.heard(), tones.played)).toBeGreaterThan(900);
  });
});

/** What lies between spans of a tone, in ms. */
const gapsOf = (spans: ReturnType<typeof toneSpans>): readonly number[] => spans.slice(1).map(({ fromMs }, index) => fromMs - (spans[index]?.toMs ?? 0));

/** A webhook that answers every POST with no flow. */
async function startWebhook(cleanup: Cleanup) {
  const posted: unknown[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      posted.push(JSON.parse(body));
      response.end("[]");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  cleanup(() => new Promise((resolve) => server.close(() => resolve())));
  const address = server.address();
  return { posted, url: `http://${LOOPBACK}:${typeof address === "object" && address ? address.port : 0}/` };
}
