import type { DeliveryRow, EventRow } from "../store/index.ts";

/** An event as who catches up gets it: what was POSTed, and how that went. */
export function eventView(event: EventRow) {
  const { id, event_id, call_id, leg_id, sequence, kind, state, attempts, created_ms, next_attempt_ms } = event;
  const body: unknown = JSON.parse(event.body);
  return { cursor: id, event_id, call_id, cmiuuid: leg_id, sequence, kind, state, attempts, created_ms, next_attempt_ms, body };
}

/** A call's events, each with every attempt to deliver it. The address stays out: receivers put their tokens into it. */
export function webhooksView(events: readonly EventRow[], deliveries: readonly DeliveryRow[]) {
  return events.map(({ event_id, sequence, kind, name, leg_id, state, created_ms, next_attempt_ms }) => ({
    event_id, sequence, kind, name, cmiuuid: leg_id, state, created_ms, next_attempt_ms,
    attempts: deliveries
      .filter((delivery) => delivery.event_id === event_id)
      .map(({ at_ms, http, error, duration_ms }) => ({ at_ms, http, error, duration_ms })),
  }));
}
