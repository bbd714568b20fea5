import { sleep, systemClock } from "@piopiy/server";
import type { CallProved } from "./first-call.ts";
import { numbers, type Parties } from "./parties.ts";
import { heardTone, proof } from "./proofs.ts";
import { finished } from "./records.ts";
import { allTones, tones } from "./tones.ts";

/** The shortest form: two numbers are connected, and one of them hangs up. */
export async function secondCall({ client, alice, bob, server, authorization }: Parties): Promise<CallProved> {
  const aliceAnswered = alice.nextCall();
  const bobAnswered = bob.nextCall();
  const { request_id: requestId } = await client.voice.call(numbers.alice, numbers.ours, numbers.bob, { timeout: 10, duration: 20 });
  const [call, bobCall] = await Promise.all([aliceAnswered, bobAnswered]);
  call.sendTone(tones.aliceAgain);
  bobCall.sendTone(tones.bobAgain);
  await sleep(systemClock, 1500);
  await call.hangup();
  const bobEnded = await bobCall.ended;
  const record = await finished(server.url, authorization, requestId);
  return {
    requestId,
    proofs: [
      heardTone("two numbers: the second hears the first", bobCall.heard().spans(allTones), tones.aliceAgain, 800),
      heardTone("two numbers: the first hears the second", call.heard().spans(allTones), tones.bobAgain, 800),
      proof("hanging up one ends the other", bobEnded.who === "peer", `the second was hung up: ${bobEnded.reason}`),
      proof("its record is complete", record.cause === "completed", `${record.cause}, ${record.legs.length} legs`),
    ],
  };
}
