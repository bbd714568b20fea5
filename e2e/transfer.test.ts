import { createPhone, randomIds, systemClock } from "@piopiy/server";
import { expect, it } from "vitest";
import { startLinphone } from "./linphone.ts";
import { LOOPBACK } from "./ports.ts";
import type { Cleanup } from "./running-program.ts";
import { startTestServer, tones, type TestServer } from "./test-server.ts";

const account = (username: string, number: string) => ({ username, password: `${username}-password`, number });
const [alice, bob, carol] = [account("alice", "15550101"), account("bob", "15550102"), account("carol", "15550103")];

/** A phone of ours, registered. */
async function open(cleanup: Cleanup, { sip }: TestServer, { username, password }: typeof bob) {
  const server = { transport: "udp", host: LOOPBACK, port: sip.udp } as const;
  const phone = await createPhone({ username, password, server, host: LOOPBACK, clock: systemClock, ids: randomIds });
  cleanup(() => phone.close());
  await phone.registered;
  return phone;
}

it("linphonec asks somebody before it hands its call over: the two hear each other, and it is out", async ({ onTestFinished }) => {
  const server = await startTestServer(onTestFinished, { phones: [alice, bob, carol] });
  const [second, third] = [await open(onTestFinished, server, bob), await open(onTestFinished, server, carol)];
  const phone = await startLinphone(onTestFinished, { ...alice, says: tones.phone, server: server.sip.udp });
  const rings = second.nextCall();
  phone.call(bob.number);
  const call = await rings;
  call.sendTone(tones.other);
  await call.hears(tones.phone, 300);

  await phone.pause();
  const asked = third.nextCall();
  phone.call(carol.number);
  const other = await asked;
  other.sendTone(tones.prompt);
  // They talk, while the first call waits.
  await other.hears(tones.phone, 300);
  phone.handOver();
  await Promise.all([call.hears(tones.prompt, 500), other.hears(tones.other, 500)]);
  await phone.callEnded();
  await other.hangup();
  await call.ended;

  const records = await server.records.all(2);
  expect(records.flatMap(({ timeline }) => timeline.map(({ type }) => type))).toContain("transfer.finished");
  for (const record of records) expect(record).toMatchObject({ status: "ended", cause: "completed" });
});
