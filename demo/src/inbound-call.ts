import { Action } from "piopiy";
import { bodies } from "./application.ts";
import type { CallProved } from "./first-call.ts";
import { numbers, type Parties } from "./parties.ts";
import { heardTone, proof } from "./proofs.ts";
import { allTones, tones } from "./tones.ts";

/** A phone calls the application's number: the answer URL says what the caller hears. */
export async function inboundCall({ bob, application }: Parties): Promise<CallProved> {
  application.replies.set("/answer", () => new Action().playMusic("chime.wav").hangup().PCMO());
  const call = await bob.call(numbers.ours);
  await call.ended;
  const [asked] = bodies(application, "/answer");
  return {
    requestId: "",
    proofs: [
      proof("inbound: the answer URL is asked", asked?.["action"] === "inbound" && asked["to"] === numbers.ours, `from ${String(asked?.["from"])}`),
      heardTone("inbound: the caller hears what it answered", call.heard().spans(allTones), tones.chime, 1000),
    ],
  };
}
