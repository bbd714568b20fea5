import { Action, RestClient } from "piopiy";
import { openRawTrunk, type RawTrunk } from "./raw-trunk.ts";
import { app, startServerProcess } from "./server-process.ts";
import { figure, percentile, type Figure } from "./statistics.ts";

const RUNS = 5;
const CALLS = 200;
const WARM_UP = 50;

/** From `client.voice.call()` to the INVITE at the trunk's socket; every call is refused with 486. */
export async function setupLatency(): Promise<readonly Figure[]> {
  const trunk = await openRawTrunk();
  const server = await startServerProcess({ config: { trunks: [{ name: "far", host: "127.0.0.1", port: trunk.port }] } });
  const client = new RestClient(app.appid, app.secret, { baseUrl: server.url });
  const runs: number[][] = [];
  try {
    await calls(client, trunk, WARM_UP);
    for (let run = 0; run < RUNS; run++) runs.push(await calls(client, trunk, CALLS));
  } finally {
    trunk.close();
    await server.close();
  }
  return [
    figure("POST to INVITE on the wire, p50", "ms", runs.map((delays) => percentile(delays, 0.5))),
    figure("POST to INVITE on the wire, p95", "ms", runs.map((delays) => percentile(delays, 0.95)), { is: "at most", value: 10 }),
  ];
}

async function calls(client: RestClient, trunk: RawTrunk, count: number): Promise<number[]> {
  const flow = new Action().playMusic("prompt.wav").PCMO();
  const delays: number[] = [];
  for (let call = 0; call < count; call++) {
    const invited = trunk.next("INVITE");
    const acknowledged = trunk.next("ACK");
    const fromMs = performance.now();
    const posted = client.voice.call(919_000_000_001, 918_000_000_000, flow);
    const invite = await invited;
    delays.push(invite.atMs - fromMs);
    invite.respond(486, "Busy Here");
    await Promise.all([posted, acknowledged]);
  }
  return delays;
}
