import { Counter, Gauge, type Registry } from "prom-client";
import type { MediaFigures, StreamFigures } from "./options.ts";

/** A figure that is read when it is asked for. */
export function addGauge(registry: Registry, name: string, help: string, read: () => number | Promise<number>): void {
  void new Gauge({ name, help, registers: [registry], async collect() { this.set(await read()); } });
}

export function streamMetrics(registry: Registry, streams: () => StreamFigures): void {
  addGauge(registry, "piopiy_streams_open", "Sockets to bots that are open", () => streams().open);
  const total = (name: string, help: string, read: () => number) =>
    new Counter({ name, help, registers: [registry], collect() { this.reset(); this.inc(read()); } });
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
export function mediaMetrics(registry: Registry, media: () => Promise<MediaFigures>): () => Promise<MediaFigures["quality"]> {
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
