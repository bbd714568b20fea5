import { Action, RestClient } from "piopiy";
import { openEar, type Ear } from "./first-packet.ts";
import { answerSdp, openRawTrunk, type RawTrunk } from "./raw-trunk.ts";
import { app, startServerProcess } from "./server-process.ts";
import { figure, percentile, type Figure } from "./statistics.ts";

const RUNS = 5;
const CALLS = 20;

/** From the far end's 200 OK to the first RTP packet in which speech can be heard: of a sentence that is new, and of one that is known. */
export async function speech(): Promise<readonly Figure[]> {
  const trunk = await openRawTrunk();
  const ear = await openEar();
  const server = await startServerProcess({ config: { trunks: [{ name: "far", host: "127.0.0.1", port: trunk.port }] } });
  const client = new RestClient(app.appid, app.secret, { baseUrl: server.url });
  const fresh: number[][] = [];
  const known: number[][] = [];
  let sentence = 0;
  try {
    await delays({ client, trunk, ear }, CALLS, () => "Hello.");
    for (let run = 0; run < RUNS; run++) {
      fresh.push(await delays({ client, trunk, ear }, CALLS, () => `Your ticket is number ${(sentence += 1)}.`));
      known.push(await delays({ client, trunk, ear }, CALLS, () => "Hello."));
    }
  } finally {
    trunk.close();
    ear.close();
    await server.close();
  }
  return [
    figure("200 OK to speech, uncached short sentence, p95", "ms", runsOf(fresh, 0.95), { is: "at most", value: 250 }),
    figure("200 OK to speech, cached, p95", "ms", runsOf(known, 0.95), { is: "at most", value: 30 }),
  ];
}

const runsOf = (runs: readonly (readonly number[])[], share: number): number[] => runs.map((delays) => percentile(delays, share));

interface Parties {
  readonly client: RestClient;
  readonly trunk: RawTrunk;
  readonly ear: Ear;
}

async function delays({ client, trunk, ear }: Parties, count: number, text: () => string): Promise<number[]> {
  const measured: number[] = [];
  for (let call = 0; call < count; call++) {
    const [invited, over] = [trunk.next("INVITE"), trunk.next("BYE")];
    const { request_id: id } = await client.voice.call(919_000_000_001, 918_000_000_000, new Action().speak(text()).PCMO());
    const invite = await invited;
    const heard = ear.nextSound();
    const fromMs = performance.now();
    invite.respond(200, "OK", answerSdp(ear.port));
    measured.push((await heard) - fromMs);
    await client.voice.hangup(id);
    await over;
  }
  return measured;
}
