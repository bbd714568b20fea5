import { channels, createMediaEngine, createPhone, randomIds, systemClock } from "@piopiy/server";
import { expect, it } from "vitest";
import { badMessages, leaveHalfSaid, sendByTcp, sendDatagrams } from "./bad-sip.ts";
import { LOOPBACK } from "./ports.ts";
import { longestGapMs, toneMs } from "./records.ts";
import { PLAYED_MS, startTestServer, tones } from "./test-server.ts";

const alice = { username: "alice", password: "alice-password", number: "15550101" };
const numbers = [
  { number: "15550001", pcmo: [{ action: "record", channels: "stereo" }, { action: "play", file_name: "long.wav" }] },
  { number: "15550002", pcmo: [{ action: "play", file_name: "played.wav" }] },
];

it("bad SIP changes nothing for a call that goes on, nor for the next one", async ({ onTestFinished }) => {
  const failures: unknown[] = [];
  const failed = (failure: unknown) => void failures.push(failure);
  channels.failure.subscribe(failed);
  onTestFinished(() => {
    channels.failure.unsubscribe(failed);
  });
  const server = await startTestServer(onTestFinished, { phones: [alice], numbers });
  const { sip, records } = server;
  const address = { transport: "udp", host: LOOPBACK, port: sip.udp } as const;
  // What is sent here is not to keep the phone from its turns.
  const engine = await createMediaEngine({ host: LOOPBACK, ports: [0, 0], workers: 1 });
  onTestFinished(() => engine.close());
  const phone = await createPhone({ ...alice, server: address, host: LOOPBACK, clock: systemClock, ids: randomIds, engine });
  onTestFinished(() => phone.close());
  await phone.registered;

  const call = await phone.call("15550001");
  const stopTone = call.sendTone(tones.phone);
  await call.hears(tones.played, 300);
  const messages = badMessages();
  onTestFinished(await leaveHalfSaid(server, 50));
  await sendDatagrams(server, messages);
  await sendByTcp(server, messages);
  await sendDatagrams(server, messages.toReversed());
  await call.hears(tones.played, 300);
  expect(server.calls()).toBe(1);
  stopTone();
  await call.hangup();

  const record = await records.single();
  expect(record).toMatchObject({ cause: "completed", legs: [{ ended_by: "peer" }] });
  const { said, heard } = await records.recording(record);
  // A frame or two may be missing where the machine has kept a thread waiting for longer than a jitter buffer waits.
  const tolerableMs = 40 + Math.max(await server.lateMs(), (await engine.statistics()).latestSendMs);
  expect(longestGapMs(heard, tones.played)).toBeLessThanOrEqual(tolerableMs);
  expect(longestGapMs(said, tones.phone)).toBeLessThanOrEqual(tolerableMs);

  const next = await phone.call("15550002");
  await next.ended;
  expect(toneMs(next.heard().samples, tones.played)).toBeGreaterThanOrEqual(PLAYED_MS - 200);
  expect(failures).toEqual([]);
});
