import { insertEvent, type NewEvent, type Queries } from "../store/index.ts";
import { inBackground } from "./background.ts";
import type { World } from "./model.ts";

/** Writes what has changed and what is told of it in one transaction; then it is sent. Nobody waits for it. */
export function commit({ store, outbox }: World, events: readonly NewEvent[], work: (db: Queries) => Promise<unknown>): void {
  const written = store.writeSoon(async (db) => {
    await work(db);
    for (const event of events) await insertEvent(db, event);
  });
  const due = events.some(({ url }) => url !== null);
  inBackground(due ? written.then(() => outbox.wake()) : written);
}
