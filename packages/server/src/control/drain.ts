import { aborted } from "../base/index.ts";
import { within } from "./background.ts";
import { SHUTDOWN } from "./causes.ts";
import type { LiveCall, World } from "./model.ts";

/** Lets the calls that run go on for a while, and takes no more. */
export async function settle(world: World, limitMs: number, signal?: AbortSignal): Promise<void> {
  world.registry.drain();
  const over = () => whileThereAre(world, (call) => call.queued && call.life.close(SHUTDOWN));
  await within(world.clock, limitMs, signal, (limit) => Promise.race([over(), aborted(limit)]));
}

/** Ends what runs, and waits for the records and the first attempt to deliver them. */
export async function drain(world: World, limitMs: number): Promise<void> {
  const { registry, store, clock, outbox } = world;
  registry.drain();
  const over = async () => {
    await whileThereAre(world, ({ life }) => life.close(SHUTDOWN));
    await store.flush();
    await outbox.idle();
  };
  await within(clock, limitMs, undefined, (signal) => Promise.race([over(), aborted(signal)]));
  await outbox.close();
  await store.flush();
}

/** Does that to every call, also to those that were being taken down meanwhile, until none is left. */
async function whileThereAre({ registry, store }: World, act: (call: LiveCall) => unknown): Promise<void> {
  do {
    const calls = [...registry.calls];
    for (const call of calls) act(call);
    await Promise.all(calls.map(({ done }) => done));
    // A request that was let in before waits for its call to be durable; then it is there.
    await store.flush();
  } while (registry.calls.size > 0);
}
