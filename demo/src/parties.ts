import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createPhone, randomIds, resolveConfig, startServer, systemClock, toneSamples, wavFile, type Phone, type RunningServer,
} from "@piopiy/server";
import { RestClient } from "piopiy";
import { startApplication, type Application } from "./application.ts";
import { tones } from "./tones.ts";

export const numbers = { alice: "919000000001", bob: "919000000002", carol: "919000000003", ours: "918000000000" } as const;

const app = { appid: "1000001", secret: "demo-secret-of-this-process" };
export const webhookSecret = "demo-webhook-secret-of-this-process";

/** A server on free loopback ports, an application with its client, and three phones registered with the server. */
export interface Parties {
  readonly server: RunningServer;
  readonly application: Application;
  readonly client: RestClient;
  readonly alice: Phone;
  readonly bob: Phone;
  readonly carol: Phone;
  readonly authorization: string;
  close(): Promise<void>;
}

export async function assemble(): Promise<Parties> {
  const data = await mkdtemp(join(tmpdir(), "piopiy-demo-"));
  await writeMedia(join(data, "media"));
  const application = await startApplication();
  const server = await startServer(configuration(data, application.url));
  const [sip] = server.sip;
  if (!sip) throw new Error("the server does not listen for SIP");
  const phone = (username: string) =>
    createPhone({ username, password: passwordOf(username), server: sip, host: "127.0.0.1", clock: systemClock, ids: randomIds });
  const [alice, bob, carol] = await Promise.all([phone("alice"), phone("bob"), phone("carol")]);
  await Promise.all([alice.registered, bob.registered, carol.registered]);
  return {
    server,
    application,
    client: new RestClient(app.appid, app.secret, { baseUrl: server.url }),
    alice,
    bob,
    carol,
    authorization: `Basic ${Buffer.from(`${app.appid}:${app.secret}`).toString("base64")}`,
    async close() {
      await Promise.all([alice.close(), bob.close(), carol.close()]);
      await server.close();
      await application.close();
    },
  };
}

const passwordOf = (username: string) => `password-of-${username}`;

async function writeMedia(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = (name: string, frequencyHz: number, durationMs: number) =>
    writeFile(join(folder, name), wavFile({ channels: 1, sampleRateHz: 8000 }, toneSamples({ frequencyHz, durationMs })));
  await Promise.all([file("chime.wav", tones.chime, 1200), file("prompt.wav", tones.prompt, 800)]);
}

function configuration(data: string, applicationUrl: string) {
  const loopback = { host: "127.0.0.1" };
  const webhooks = { event_url: `${applicationUrl}/events`, cdr_url: `${applicationUrl}/cdr`, webhook_secrets: [webhookSecret] };
  const config = resolveConfig(
    JSON.stringify({
      http: { ...loopback, port: 0 },
      sip: { ...loopback, udp: 0, tcp: 0 },
      media: { ...loopback, ports: [0, 0] },
      data,
      apps: [{ ...app, ...webhooks }],
      numbers: [{ number: numbers.ours, answer_url: `${applicationUrl}/answer` }],
      phones: (["alice", "bob", "carol"] as const).map((username) => ({ username, password: passwordOf(username), number: numbers[username] })),
    }),
    {},
    {},
  );
  if (!config.ok) throw new Error(config.issues.map(({ path, message }) => `${path} ${message}`).join("; "));
  return config.value;
}
