import { Registry } from "prom-client";
import { expect, it } from "vitest";
import { channels } from "../base/index.ts";
import { sipMetrics } from "./sip-metrics.ts";

it("counts whom the SIP layer did not listen to, and how often it was too late for more, until it is over", async () => {
  const registry = new Registry();
  const stop = sipMetrics(registry);
  const figures = async () => (await registry.metrics()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  for (const why of ["scanner", "scanner", "overload"]) channels.sipRefused.publish({ remote: "192.0.2.1:5060", why });
  channels.sipOverload.publish({ overloaded: true, lagMs: 1200 });
  expect(await figures()).toEqual([
    'piopiy_sip_refused_total{why="scanner"} 2', 'piopiy_sip_refused_total{why="overload"} 1', "piopiy_sip_overloads_total 1", "piopiy_sip_overloaded 1",
  ]);
  channels.sipOverload.publish({ overloaded: false, lagMs: 3 });
  expect(await figures()).toContain("piopiy_sip_overloaded 0");
  stop();
  channels.sipRefused.publish({ remote: "192.0.2.1:5060", why: "scanner" });
  expect(await figures()).toContain('piopiy_sip_refused_total{why="scanner"} 2');
});
