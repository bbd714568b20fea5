import { mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { channels, VirtualClock } from "./base/index.ts";
import { renewable } from "./compose-renewal.ts";
import { readCertificate } from "./compose-tls.ts";
import { resolveConfig } from "./config/index.ts";
import { startProgram } from "./program.test.support.ts";
import { startServer } from "./server.ts";
import { until } from "./server-world.test.support.ts";
import { authority, client, server } from "./sip/transport/certificates.test.data.ts";

let folder = "";
const at = (name: string) => join(folder, name);
const files = () => ({ cert: at("cert.pem"), key: at("key.pem") });
const write = async ({ cert, key }: { readonly cert: string; readonly key: string }) => {
  await writeFile(at("cert.pem"), cert);
  await writeFile(at("key.pem"), key);
};
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "piopiy-renewal-"));
  await write(server);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What is published meanwhile. */
function told() {
  const failures: string[] = [];
  const renewed: unknown[] = [];
  const runsOut: unknown[] = [];
  const listeners = [
    [channels.failure, (message: unknown) => void failures.push(String(Object(message).failure?.message))],
    [channels.certificateRenewed, (message: unknown) => void renewed.push(message)],
    [channels.certificate, (message: unknown) => void runsOut.push(message)],
  ] as const;
  for (const [channel, listener] of listeners) channel.subscribe(listener);
  return { failures, renewed, runsOut, stop: () => listeners.forEach(([channel, listener]) => channel.unsubscribe(listener)) };
}

describe("a certificate whose files are replaced", () => {
  it("is another one 30 s later, behind a link as well; what cannot be used is told once, and the old one stays", async () => {
    const clock = new VirtualClock();
    const watch = told();
    const certificate = await renewable("http.tls", clock, (tell) => readCertificate(files(), "http.tls", clock, tell));
    const renewals: unknown[] = [];
    certificate.renewals.on("renewed", (renewed) => renewals.push(renewed));
    expect(certificate.value).toEqual(server);

    await clock.advance(3_600_000);
    // The last of these looks may still be reading.
    await certificate.look();
    expect([renewals, watch.failures]).toEqual([[], []]);

    // Written where a link will lead.
    await writeFile(at("new.pem"), client.cert);
    await writeFile(at("key.pem"), client.key);
    await certificate.look();
    await certificate.look();
    expect(watch.failures).toEqual(["http.tls.key is not the key of the certificate."]);
    await symlink("new.pem", at("link"));
    await rename(at("link"), at("cert.pem"));
    await clock.advance(30_000);
    await until("the new certificate", () => renewals[0]);
    expect(renewals).toEqual([client]);
    expect(watch.renewed).toEqual([{ setting: "http.tls" }]);

    await rm(at("cert.pem"));
    await certificate.look();
    await certificate.look();
    await writeFile(at("cert.pem"), "no PEM");
    await certificate.look();
    expect(watch.failures.slice(1)).toEqual([
      expect.stringMatching(/^http\.tls\.cert: the file .*cert\.pem cannot be read \(ENOENT\)\.$/), "http.tls.cert is no certificate in PEM.",
    ]);
    await write(server);
    await certificate.look();
    expect(renewals).toEqual([client, server]);
    watch.stop();
    certificate.close();
    expect(clock.timers).toBe(0);
  });

  it("is told of once a day when it runs out", async () => {
    const clock = new VirtualClock(4_733_510_400_000 - 10 * 86_400_000);
    const watch = told();
    const certificate = await renewable("sip.tls", clock, (tell) => readCertificate(files(), "sip.tls", clock, tell));
    for (let hour = 0; hour < 60; hour++) {
      await clock.advance(3_600_000);
      await certificate.look();
    }
    watch.stop();
    certificate.close();
    expect(watch.runsOut.length).toBe(3);
  });
});

const dial = (port: number) =>
  new Promise<TLSSocket>((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", ca: authority, checkServerIdentity: () => undefined }, () => resolve(socket));
    socket.once("error", reject);
  });

it("a server that runs shows the new certificate to whoever connects by SIP over TLS, WebSocket, or HTTPS; open connections go on", async () => {
  const config = resolveConfig(JSON.stringify({
    http: { port: 0, tls: files() }, media: { ports: [0, 0], workers: 1 }, data: at("data"),
    sip: { udp: false, tcp: false, tls: { port: 0, ...files() }, ws: { port: 0, secure: true } },
  }), {}, {});
  if (!config.ok) throw new Error(JSON.stringify(config.issues));
  const running = await startServer(config.value);
  const sip = (name: string) => running.sip.find(({ transport }) => transport === name)?.port ?? 0;
  const ports = [sip("tls"), sip("wss"), Number(new URL(running.url).port)];
  const serials = async () => Promise.all(ports.map(async (port) => {
    const socket = await dial(port);
    const { serialNumber } = socket.getPeerCertificate();
    socket.destroy();
    return serialNumber;
  }));
  const open = await dial(sip("tls"));
  const before = await serials();
  expect(new Set(before).size).toBe(1);
  await write({ cert: server.cert, key: "broken" });
  await running.renewCertificates();
  expect(await serials()).toEqual(before);
  await write(client);
  await running.renewCertificates();
  const after = await serials();
  expect(new Set(after).size).toBe(1);
  expect(after[0]).not.toBe(before[0]);
  const answered = new Promise<string>((resolve) => void open.once("data", (bytes: Buffer) => resolve(bytes.toString())));
  open.write(
    "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bKone\r\nMax-Forwards: 70\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\n" +
    "To: <sip:127.0.0.1>\r\nCall-ID: one\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
  );
  expect(await answered).toMatch(/^SIP\/2\.0 /);
  open.destroy();
  await running.close();
});

it("the program looks for new files when it gets a SIGHUP, and runs on", async () => {
  const program = await startProgram({ http: { host: "127.0.0.1", port: 0, tls: files() } });
  try {
    const serial = async () => {
      const socket = await dial(Number(new URL(program.url).port));
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      return serialNumber;
    };
    const before = await serial();
    await write(client);
    program.child.kill("SIGHUP");
    const after = await until("the new certificate", async () => {
      const now = await serial();
      return now === before ? undefined : now;
    });
    expect(after).not.toBe(before);
    expect(program.child.exitCode).toBeNull();
  } finally {
    await program.close();
  }
});
