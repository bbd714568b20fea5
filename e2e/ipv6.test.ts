import { beforeEach, describe, expect, it } from "vitest";
import { noBaresip, startBaresip } from "./baresip.ts";
import { echoed, expectHeard, HEARD_MS, playingFlow, playingNumber } from "./heard-call.ts";
import { LOOPBACK } from "./ports.ts";
import { toneMs } from "./records.ts";
import { noSipp, sippCallee, sippCaller } from "./sipp.ts";
import { startTestServer, tones } from "./test-server.ts";

const IPV6 = "::1";
const FROM = "15550100";
const TO = "15550200";
const numbers = [playingNumber];

describe.concurrent("over IPv6", () => {
  beforeEach(({ skip }) => skip(noSipp !== undefined, noSipp));

  it.for(["udp", "tcp"] as const)("SIPp calls over %s, hears the flow, and is heard", async (transport, { onTestFinished }) => {
    const { sip, records } = await startTestServer(onTestFinished, { host: IPV6, numbers, trunks: [{ name: "carrier", host: IPV6 }] });
    const caller = await sippCaller(onTestFinished, { scenario: "uac_hears_flow", transport, host: IPV6, server: sip[transport], to: "15550001" });
    await caller.done();

    const call = await records.single();
    expect(call).toMatchObject({ direction: "inbound", from: FROM, to: "15550001", cause: "completed", legs: [{ ended_by: "us" }] });
    await expectHeard({ records }, call, echoed);
  });

  it.for([[IPV6, IPV6, "udp"], [IPV6, IPV6, "tcp"], ["::", IPV6, "udp"], ["::", LOOPBACK, "udp"]] as const)(
    "a server on %s calls SIPp on %s over %s, which hears the flow and is heard", async ([ours, host, transport], { onTestFinished }) => {
      const callee = await sippCallee(onTestFinished, { scenario: "uas_answers", transport, host });
      const trunks = [{ name: "carrier", host, port: callee.port, transport }];
      const { client, records } = await startTestServer(onTestFinished, { host: ours, trunks });
      await client.voice.call(TO, FROM, playingFlow());
      await callee.done();

      const call = await records.single();
      expect(call).toMatchObject({ direction: "outbound", to: TO, cause: "completed", legs: [{ ended_by: "us" }] });
      await expectHeard({ records }, call, echoed);
    },
  );
});

describe.concurrent("baresip over IPv6", () => {
  beforeEach(({ skip }) => skip(noBaresip !== undefined, noBaresip));

  it.for([[IPV6, "udp"], ["::", "tcp"]] as const)("registers with a server on %s over %s, calls and is called; both hear the other", async ([ours, transport], { onTestFinished }) => {
    const phones = [{ username: "alice", password: "alice-password", number: TO }];
    const { sip, client, records } = await startTestServer(onTestFinished, { host: ours, numbers, phones });
    const account = { username: "alice", password: "alice-password", says: tones.phone, answers: true, host: IPV6 };
    const phone = await startBaresip(onTestFinished, { ...account, transport, server: { host: IPV6, port: sip[transport] } });
    phone.call("15550001");
    await phone.callEnded();
    expect(toneMs(await phone.heard(), tones.played)).toBeGreaterThanOrEqual(HEARD_MS);

    await client.voice.call(TO, FROM, playingFlow());
    await phone.callEnded();
    expect(toneMs(await phone.heard(), tones.played)).toBeGreaterThanOrEqual(HEARD_MS);
    for (const call of await records.all(2)) {
      expect(call).toMatchObject({ cause: "completed" });
      await expectHeard({ records }, call);
    }
  });
});
