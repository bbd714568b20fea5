import type { Phone, PhoneCall } from "./phone/index.ts";
import type { World } from "./server-world.test.support.ts";

/** A phone is called, answers, and has heard the tone that the flow plays. */
export async function upCall(world: Pick<World, "call">, phone: Phone, flow: readonly unknown[], frequencyHz: number): Promise<{ readonly id: string; readonly call: PhoneCall }> {
  const picksUp = phone.nextCall();
  const id = await world.call(phone.username, flow);
  const call = await picksUp;
  await call.hears(frequencyHz);
  return { id, call };
}
