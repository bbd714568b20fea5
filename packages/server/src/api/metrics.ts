import { collectDefaultMetrics, Counter, Registry } from "prom-client";
import type { LiveStatistics } from "../control/index.ts";
import { addGauge, mediaMetrics, streamMetrics } from "./media-metrics.ts";
import type { RouteOptions } from "./options.ts";
import { renderQuality } from "./quality-metrics.ts";
import { sipMetrics } from "./sip-metrics.ts";

export interface Metrics {
  readonly contentType: string;
  /** The figures as they are now, in Prometheus' text form. */
  render(): Promise<string>;
  clear(): void;
}

/** A registry of its own for every server: two in one process do not mix. */
export function createMetrics({ control, store, media, streams, freeBytes, door }: Pick<RouteOptions, "control" | "store" | "media" | "streams" | "freeBytes" | "door">): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: () => number | Promise<number>) => addGauge(registry, name, help, read);
  gauge("piopiy_calls_active", "Calls that have not ended", () => control.statistics().calls);
  gauge("piopiy_calls_queued", "Calls that wait for their turn", () => control.statistics().queued);
  gauge("piopiy_legs_active", "Legs that have not ended", () => control.statistics().legs);
  const total = (name: string, help: string, label: string, read: () => Readonly<Record<string, number>>) =>
    new Counter({
      name, help, labelNames: [label], registers: [registry],
      // The sums are kept elsewhere; here they are only shown.
      collect() {
        this.reset();
        for (const [value, sum] of Object.entries(read())) this.inc({ [label]: value }, sum);
      },
    });
  total("piopiy_calls_ended_total", "Calls that have ended, by cause", "cause", () => control.statistics().callsEnded);
  total("piopiy_legs_ended_total", "Legs that have ended, by cause", "cause", () => control.statistics().legsEnded);
  total("piopiy_calls_refused_total", "Calls and legs that the configuration did not allow, by reason", "reason", () => control.statistics().refused);
  total("piopiy_webhooks_total", "Webhooks, by outcome", "outcome", () => control.statistics().webhooks);
  total("piopiy_http_refused_total", "Requests over a limit, by what was exceeded", "limit", () => door.refused);
  total("piopiy_deleted_total", "Rows deleted by age, for room, or by request, by what they were", "what", () => deletedRows(control.statistics().deleted));
  gauge("piopiy_store_up", "Whether the database could be written last", () => (store.available ? 1 : 0));
  gauge("piopiy_store_refused_writes", "Writes given up because the database did not keep up", () => store.refused);
  if (freeBytes) gauge("piopiy_data_free_bytes", "What can still be written to the disk of the data folder", freeBytes);
  if (streams) streamMetrics(registry, streams);
  const stopListening = sipMetrics(registry);
  const refresh = media && mediaMetrics(registry, media);
  return {
    contentType: registry.contentType,
    async render() {
      const quality = await refresh?.();
      return (await registry.metrics()) + (quality ? renderQuality(quality) : "");
    },
    clear() {
      stopListening();
      registry.clear();
    },
  };
}

function deletedRows({ events, timeline_entries, calls, recordings }: LiveStatistics["deleted"]): Readonly<Record<string, number>> {
  return { events, timeline_entries, calls, recordings };
}
