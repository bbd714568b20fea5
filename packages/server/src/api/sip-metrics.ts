import type { Channel } from "node:diagnostics_channel";
import { Counter, Gauge, type Registry } from "prom-client";
import { channels } from "../base/index.ts";

/** What the SIP layer tells of whom it did not listen to. It says so to the whole process. Returns what ends the listening. */
export function sipMetrics(registry: Registry): () => void {
  const registers = [registry];
  const refused = new Counter({ name: "piopiy_sip_refused_total", help: "SIP requests that were not taken, by why", labelNames: ["why"], registers });
  const overloads = new Counter({ name: "piopiy_sip_overloads_total", help: "Times the server began to refuse new calls because it was late", registers });
  const overloaded = new Gauge({ name: "piopiy_sip_overloaded", help: "Whether new calls are refused because the server is late", registers });
  const listening = [
    listen(channels.sipRefused, ({ why }) => refused.inc({ why: String(why) })),
    listen(channels.sipOverload, ({ overloaded: on }) => {
      overloaded.set(on === true ? 1 : 0);
      if (on === true) overloads.inc();
    }),
  ];
  return () => {
    for (const stop of listening) stop();
  };
}

function listen(channel: Channel, take: (message: Readonly<Record<string, unknown>>) => void): () => void {
  const listener = (message: unknown) => take({ ...Object(message) });
  channel.subscribe(listener);
  return () => {
    channel.unsubscribe(listener);
  };
}
