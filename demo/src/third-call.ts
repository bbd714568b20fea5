import { sleep, systemClock } from "@piopiy/server";
import type { CallProved } from "./first-call.ts";
import { numbers, type Parties } from "./parties.ts";
import { heardTone, proof } from "./proofs.ts";
import { finished } from "./records.ts";
import { allTones, tones } from "./tones.ts";
import { until } from "./wait.ts";

/** Two phones ring together; nobody answers in the first round, one does in the second. Then hold, with music. */
export async function thirdCall({ client, alice, bob, carol, server, authorization }: Parties): Promise<CallProved> {
  bob.answering = { do: "ring" };
  carol.answering = { do: "ring" };
  const rung: string[] = [];
  const stops = [bob, carol].map((phone) =>
    phone.events.on("ringing", () => {
      rung.push(phone.username);
      // The second round has begun: now carol picks up.
      if (rung.length > 2) carol.answering = { do: "answer" };
    }),
  );
  const aliceAnswered = alice.nextCall();
  const carolAnswered = carol.nextCall();
  const { request_id: requestId } = await client.voice.call(numbers.alice, numbers.ours, [numbers.bob, numbers.carol], {
    ring_type: "group", timeout: 1, loop: 2, duration: 20,
  });
  const [call, carolCall] = await Promise.all([aliceAnswered, carolAnswered]);
  carolCall.sendTone(tones.carol);
  await until("carol's tone", () => call.heard().spans(allTones).find((span) => span.frequencyHz === tones.carol));
  await client.voice.hold(requestId);
  const heldAtMs = heardMs(call.heard().samples);
  await sleep(systemClock, 1200);
  const music = call.heard();
  await client.voice.unhold(requestId);
  const backAtMs = heardMs(call.heard().samples);
  await sleep(systemClock, 800);
  await call.hangup();
  await carolCall.ended;
  for (const stop of stops) stop();
  const record = await finished(server.url, authorization, requestId);
  const afterwards = call.heard().spans(allTones).filter(({ fromMs }) => fromMs >= backAtMs - 100);
  const heldTone = music.tone(allTones, heldAtMs + 300, heldAtMs + 1000);
  return {
    requestId,
    proofs: [
      proof("group ring: both rang, in both rounds", rung.length > 2 && rung.includes("bob") && rung.includes("carol"), rung.join(", ")),
      proof("hold: alice hears music, and not carol", heldTone !== tones.carol && loud(music.samples, heldAtMs + 300), "music"),
      heardTone("unhold: alice hears carol again", afterwards, tones.carol, 400),
      proof("its record is complete", record.cause === "completed", `${record.cause}, ${record.legs.length} legs`),
    ],
  };
}

const heardMs = (samples: Int16Array): number => (samples.length * 1000) / 8000;

/** Whether there is sound in the 700 ms from `fromMs` on. */
function loud(samples: Int16Array, fromMs: number): boolean {
  const part = samples.subarray(fromMs * 8, (fromMs + 700) * 8);
  return part.reduce((sum, sample) => sum + Math.abs(sample), 0) / part.length > 50;
}
