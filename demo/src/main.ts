import { messageOf, systemClock } from "@piopiy/server";
import { firstCall, type CallProved } from "./first-call.ts";
import { assemble, type Parties } from "./parties.ts";
import { showTimeline } from "./progress.ts";
import { table, type Proof } from "./proofs.ts";
import { inboundCall } from "./inbound-call.ts";
import { secondCall } from "./second-call.ts";
import { thirdCall } from "./third-call.ts";
import { proveWebhooks } from "./told.ts";

/** What the demo came to; `--json` prints it. */
interface Outcome {
  readonly ok: boolean;
  readonly seconds: number;
  readonly proofs: readonly Proof[];
  readonly calls: readonly string[];
  readonly recording?: string;
  readonly error?: string;
}

const json = process.argv.includes("--json");
const print = (line: string) => {
  if (!json) console.log(line);
};

async function run(): Promise<Outcome> {
  const startMs = systemClock.monotonicMs();
  print("Starting the server, and registering three phones with it …");
  const parties = await assemble();
  print(`API ${parties.server.url}, SIP ${parties.server.sip.map(({ transport, host, port }) => `${transport}:${host}:${port}`).join(" ")}\n`);
  const hide = showTimeline(print);
  const calls: CallProved[] = [];
  const told: Proof[] = [];
  let error: string | undefined;
  try {
    for (const [title, call] of performances) {
      print(`\n${title}`);
      calls.push(await call(parties));
    }
    told.push(...(await proveWebhooks(parties)));
  } catch (failure) {
    error = messageOf(failure);
  } finally {
    hide();
    await parties.close();
  }
  const proofs = [...calls.flatMap((call) => call.proofs), ...told];
  const recording = calls.find((call) => call.recording)?.recording;
  return {
    ok: error === undefined && proofs.every(({ ok }) => ok),
    seconds: Number(((systemClock.monotonicMs() - startMs) / 1000).toFixed(2)),
    proofs,
    calls: calls.map(({ requestId }) => requestId).filter((id) => id !== ""),
    ...(recording === undefined ? {} : { recording }),
    ...(error === undefined ? {} : { error }),
  };
}

const performances: readonly (readonly [string, (parties: Parties) => Promise<CallProved>])[] = [
  ["Call 1: speech, a file, digits to a webhook, a recording, a bridge", firstCall],
  ["Call 2: two numbers are connected", secondCall],
  ["Call 3: two phones ring together, twice; then hold and back", thirdCall],
  ["Call 4: a phone calls in, and the answer URL says what it hears", inboundCall],
];

const outcome = await run();
if (json) console.log(JSON.stringify(outcome, undefined, 2));
else {
  print(`\n${table(outcome.proofs)}\n`);
  if (outcome.recording) print(`Listen to the recording: ${outcome.recording}`);
  if (outcome.error) print(`Not everything was performed: ${outcome.error}`);
  print(outcome.ok ? `Everything was proved, in ${outcome.seconds} s.` : "Not everything was proved.");
}
process.exitCode = outcome.ok ? 0 : 1;
