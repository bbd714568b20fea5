import { parseArgs } from "node:util";
import { digitLatency } from "./digit-latency.ts";
import { disk } from "./disk.ts";
import { firstPacket } from "./first-packet.ts";
import { footprint } from "./footprint.ts";
import { outboxRate, webhookLag } from "./outbox.ts";
import { openOutput, outputOptions } from "./output.ts";
import { sdkLoad } from "./sdk-load.ts";
import { setupLatency } from "./setup-latency.ts";
import { sipParse } from "./sip-parse.ts";
import { speech } from "./speech.ts";

const { values } = parseArgs({ options: outputOptions });
const output = openOutput(values);
for (const measure of [sipParse, disk, setupLatency, firstPacket, speech, digitLatency, outboxRate, webhookLag, footprint, sdkLoad]) {
  output.add(await measure());
}
output.end();
if (!values.json && !values.markdown) {
  console.log(`\nMedians of the runs. ${output.figures.some(({ met }) => met === false) ? "A figure with ! misses its goal." : "Every goal is met."}`);
}
