import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createPhone, randomIds, resolveConfig, startServer, systemClock, toneSamples, wavFile, type Phone, type RunningServer,
} from "@piopiy/server";
import { RestClient } from "piopiy";
import { tones } from "./tones.ts";

export const aliceNumber = "919000000001";
export const bobNumber = "919000000002";
export const callerId = "918000000000";

const app = { appid: "1000001", secret: "demo-secret-of-this-process" };

/** A server on free loopback ports, an application's client, and two phones registered with the server. */
export interface Parties {
  readonly server: RunningServer;
  readonly client: RestClient;
  readonly alice: Phone;
  readonly bob: Phone;
  readonly authorization: string;
  close(): Promise<void>;
}

export async function assemble(): Promise<Parties> {
  const data = await mkdtemp(join(tmpdir(), "piopiy-demo-"));
  await writeMedia(join(data, "media"));
  const server = await startServer(configuration(data));
  const [sip] = server.sip;
  if (!sip) throw new Error("the server does not listen for SIP");
  const phone = (username: string) =>
    createPhone({ username, password: `${username}-password`, server: sip, host: "127.0.0.1", clock: systemClock, ids: randomIds });
  const [alice, bob] = await Promise.all([phone("alice"), phone("bob")]);
  await Promise.all([alice.registered, bob.registered]);
  return {
    server,
    client: new RestClient(app.appid, app.secret, { baseUrl: server.url }),
    alice,
    bob,
    authorization: `Basic ${Buffer.from(`${app.appid}:${app.secret}`).toString("base64")}`,
    async close() {
      await Promise.all([alice.close(), bob.close()]);
      await server.close();
    },
  };
}

async function writeMedia(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = (name: string, frequencyHz: number, durationMs: number) =>
    writeFile(join(folder, name), wavFile({ channels: 1, sampleRateHz: 8000 }, toneSamples({ frequencyHz, durationMs })));
  await Promise.all([file("chime.wav", tones.chime, 1200), file("prompt.wav", tones.prompt, 800)]);
}

function configuration(data: string) {
  const loopback = { host: "127.0.0.1" };
  const config = resolveConfig(
    JSON.stringify({
      http: { ...loopback, port: 0 },
      sip: { ...loopback, udp: 0, tcp: 0 },
      media: { ...loopback, ports: [0, 0] },
      data,
      apps: [app],
      phones: [
        { username: "alice", password: "alice-password", number: aliceNumber },
        { username: "bob", password: "bob-password", number: bobNumber },
      ],
    }),
    {},
    {},
  );
  if (!config.ok) throw new Error(config.issues.map(({ path, message }) => `${path} ${message}`).join("; "));
  return config.value;
}
