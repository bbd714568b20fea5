import { channels, scope, sleep } from "../base/index.ts";
import { deleteOldEvents } from "../store/index.ts";
import type { World } from "./model.ts";
import type { Retention } from "./settings.ts";

const DAY_MS = 86_400_000;
const EVERY_MS = 3_600_000;
/** Rows in a transaction, and how long everybody else may write between two of them. */
const BATCH = 500;
const PAUSE_MS = 200;

/** Deletes old events now and every hour, until the returned function is called. */
export function startRetention({ store, clock }: Pick<World, "store" | "clock">, retention: Retention | undefined): () => void {
  const life = scope(undefined, (failure) => channels.failure.publish({ layer: "control", failure }));
  if (retention?.eventsDays !== undefined || retention?.undeliveredDays !== undefined) {
    life.run(async (signal) => {
      for (;;) {
        await deleteAll({ store, clock }, retention, signal).catch((failure: unknown) => {
          if (!signal.aborted) channels.failure.publish({ layer: "control", failure });
        });
        await sleep(clock, EVERY_MS, signal);
      }
    });
  }
  return () => life.close();
}

async function deleteAll({ store, clock }: Pick<World, "store" | "clock">, { eventsDays, undeliveredDays }: Retention, signal: AbortSignal): Promise<void> {
  const before = (days: number | undefined) => (days === undefined ? undefined : clock.now() - days * DAY_MS);
  const old = { doneBeforeMs: before(eventsDays), givenUpBeforeMs: before(undeliveredDays) };
  while (!signal.aborted) {
    const deleted = await store.write((db) => deleteOldEvents(db, old, BATCH));
    if (deleted < BATCH) return;
    await sleep(clock, PAUSE_MS, signal);
  }
}
