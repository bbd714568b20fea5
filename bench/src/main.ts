import { conditions } from "./conditions.ts";
import { digitLatency } from "./digit-latency.ts";
import { disk } from "./disk.ts";
import { firstPacket } from "./first-packet.ts";
import { footprint } from "./footprint.ts";
import { outboxRate, webhookLag } from "./outbox.ts";
import { sdkLoad } from "./sdk-load.ts";
import { setupLatency } from "./setup-latency.ts";
import { sipParse } from "./sip-parse.ts";
import { speech } from "./speech.ts";
import { line, type Figure } from "./statistics.ts";

const json = process.argv.includes("--json");
const under = conditions();
if (!json) console.log(`Node ${under.node}, ${under.platform}, ${under.cores} x ${under.cpu}, ${under.memoryGb} GB, load ${under.load1}\n`);

const figures: Figure[] = [];
for (const measure of [sipParse, disk, setupLatency, firstPacket, speech, digitLatency, outboxRate, webhookLag, footprint, sdkLoad]) {
  const measured = await measure();
  figures.push(...measured);
  if (!json) for (const one of measured) console.log(line(one));
}
if (json) console.log(JSON.stringify({ conditions: under, figures }, undefined, 2));
else console.log(`\nMedians of the runs. ${figures.some(({ met }) => met === false) ? "A figure with ! misses its goal." : "Every goal is met."}`);
