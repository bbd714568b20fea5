import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import type { LiveStatistics } from "../control/index.ts";
import type { RouteOptions, MediaFigures, StreamFigures } from "./options.ts";
import { renderQuality } from "./quality-metrics.ts";

export interface Metrics {
  readonly contentType: string;
  /** The figures as they are now, in Prometheus' text form. */
  render(): Promise<string>;
  clear(): void;
}

/** A registry of its own for every server: two in one process do not mix. */
export function createMetrics({ control, store, media, streams, door }: Pick<RouteOptions, "control" | "store" | "media" | "streams" | "door">): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({ name, help, registers: [registry], collect() { this.set(read()); } });
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
  if (streams) streamMetrics(registry, streams);
  const refresh = media && mediaMetrics(registry, media);
  return {
    contentType: registry.contentType,
    async render() {
      const quality = await refresh?.();
      return (await registry.metrics()) + (quality ? renderQuality(quality) : "");
    },
    clear: () => registry.clear(),
  };
}

function deletedRows({ events, timeline_entries, calls, recordings }: LiveStatistics["deleted"]): Readonly<Record<string, number>> {
  return { events, timeline_entries, calls, recordings };
}

function streamMetrics(registry: Registry, streams: () => StreamFigures): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number) => new Gauge({ name, help, registers, collect() { this.set(read()); } });
  gauge("piopiy_streams_open", "Sockets to bots that are open", () => streams().open);
  const total = (name: string, help: string, read: () => number) =>
    new Counter({ name, help, registers, collect() { this.reset(); this.inc(read()); } });
  total("piopiy_stream_reconnects_total", "Connections to bots that were lost and taken up again", () => streams().resumed);
  // What is sent has 20 ms a frame.
  total("piopiy_stream_frames_unsent_total", "Frames that bots were not sent, because they did not read or were away", () => streams().unsentMs / 20);
}

const mediaTotals = [
  ["packetsSent", "piopiy_rtp_packets_sent_total", "RTP packets sent"],
  ["packetsReceived", "piopiy_rtp_packets_received_total", "RTP packets received"],
  ["packetsLost", "piopiy_rtp_packets_lost_total", "Holes in the sequence numbers received"],
  ["packetsDiscarded", "piopiy_rtp_packets_discarded_total", "RTP packets that came too late or twice"],
  ["packetsInvalid", "piopiy_rtp_packets_invalid_total", "Datagrams that are no RTP of their session"],
  ["underruns", "piopiy_media_underruns_total", "Frames that were due before their source had delivered them"],
] as const satisfies readonly (readonly [keyof MediaFigures, string, string])[];

/** Asks the media threads once, for all of their metrics. */
function mediaMetrics(registry: Registry, media: () => Promise<MediaFigures>): () => Promise<MediaFigures["quality"]> {
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [registry] });
  const up = gauge("piopiy_media_up", "Whether the media engine answers");
  const sessions = gauge("piopiy_media_sessions", "Media sessions open");
  const latest = gauge("piopiy_media_latest_send_ms", "The largest delay of a send behind its deadline");
  const running = gauge("piopiy_media_threads", "Media threads that run");
  const lost = new Counter({ name: "piopiy_media_threads_lost_total", help: "Media threads that ended or hung, and were started anew", labelNames: ["why"], registers: [registry] });
  const totals = mediaTotals.map(([key, name, help]) => ({ key, counter: new Counter({ name, help, registers: [registry] }) }));
  return async () => {
    const figures = await media().catch(() => undefined);
    up.set(figures ? 1 : 0);
    if (!figures) return undefined;
    sessions.set(figures.sessions);
    latest.set(figures.latestSendMs);
    const { running: run, ...losses } = figures.threads ?? { running: 0, died: 0, hung: 0 };
    running.set(run);
    lost.reset();
    for (const [why, count] of Object.entries(losses)) lost.inc({ why }, count);
    for (const { key, counter } of totals) {
      counter.reset();
      counter.inc(figures[key]);
    }
    return figures.quality;
  };
}
