import { tonesPresent } from "./audio/index.ts";
import type { PhoneCall, PhoneOptions } from "./phone/index.ts";
import { until, type World } from "./server-world.test.support.ts";

/** What the two phones of a bridge say, in Hz. */
export const tones = { alice: 500, bob: 1300 } as const;

export const bridgeTo = (number: string) => ({ action: "bridge", connect: [{ type: "pstn", number }], timeout: 10 });

/** Two phones in a bridge that is recorded, each saying its tone, once they hear each other. */
export async function bridged(world: World, first: Partial<PhoneOptions>, second: Partial<PhoneOptions>) {
  const [alice, bob] = [await world.phone(first), await world.phone(second)];
  const [ringing, picksUp] = [alice.nextCall(), bob.nextCall()];
  const id = await world.call(alice.username, [{ action: "record", channels: "stereo" }, bridgeTo(bob.username)]);
  const [call, other] = [await ringing, await picksUp];
  call.sendTone(tones.alice);
  other.sendTone(tones.bob);
  const bothHear = () => Promise.all([call.hears(tones.bob), other.hears(tones.alice)]);
  await bothHear();
  return { id, call, other, bothHear };
}

/** Resolves once neither tone is heard. */
export const hearsNothing = (call: PhoneCall) =>
  until("silence", () => (tonesPresent(call.heard().samples.subarray(-1600), Object.values(tones)).length === 0 ? true : undefined));

/** How the audio of each leg was encrypted, by the record of a call that has ended. */
export const encryptionOf = async (world: World, id: string) => (await world.ended(id)).legs.map(({ media }) => Object(media).encryption);

/** Of each channel of a recording, the tones at its end. */
export async function recordedTones(world: World, id: string) {
  const channels = await world.recording(await world.ended(id));
  return channels.map((samples) => tonesPresent(samples.subarray(-4000), Object.values(tones)));
}
