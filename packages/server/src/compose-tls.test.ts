import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { channels, randomIds, systemClock, VirtualClock } from "./base/index.ts";
import { resolveConfig } from "./config/index.ts";
import { tlsOf } from "./compose-tls.ts";
import { startServer } from "./server.ts";
import { createRegistration, createUserAgent, type SipAddress } from "./sip/index.ts";
import { authority, client, server } from "./sip/transport/certificates.test.data.ts";

let folder = "";
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "piopiy-tls-"));
  const files = { "cert.pem": server.cert, "key.pem": server.key, "ca.pem": authority, "other-key.pem": client.key, "text.pem": "no PEM" };
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(at(name), text)));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function configured(sip: object, more: object = {}) {
  const resolved = resolveConfig(JSON.stringify({
    http: { port: 0 }, media: { ports: [0, 0], workers: 1 }, data: at("data"), sip: { udp: false, tcp: false, ...sip }, ...more,
  }), {}, {});
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.issues));
  return resolved.value;
}
const files = (cert: string, key: string, more: object = {}) => ({ tls: { port: 0, cert: at(cert), key: at(key), ...more } });
const trunk = (verify: string | false) => ({ trunks: [{ name: "carrier", host: "sip.example.test", transport: "tls", tls: { verify } }] });

describe("the files of SIP over TLS", () => {
  it("are read", async () => {
    const config = configured(files("cert.pem", "key.pem", { ca: at("ca.pem"), verify_client: true }), trunk(at("ca.pem")));
    expect(await tlsOf(config, systemClock)).toEqual({
      certificate: server, ca: authority, verifyClient: true, peers: new Map([["sip.example.test", { ca: authority }]]),
    });
    expect(await tlsOf(configured({ udp: 0 }, trunk(false)), systemClock)).toEqual({ peers: new Map([["sip.example.test", false]]) });
  });

  it.each([
    ["a certificate that is not there", () => files("none.pem", "key.pem"), {}, /^sip\.tls\.cert: the file .*none\.pem cannot be read \(ENOENT\)\.$/],
    ["a key that is not there", () => files("cert.pem", "none.pem"), {}, /^sip\.tls\.key: the file .*none\.pem cannot be read \(ENOENT\)\.$/],
    ["a certificate that is none", () => files("text.pem", "key.pem"), {}, /^sip\.tls\.cert is no certificate/],
    ["a key that is none", () => files("cert.pem", "text.pem"), {}, /^sip\.tls\.key is no private key/],
    ["the key of another", () => files("cert.pem", "other-key.pem"), {}, /^sip\.tls\.key is not the key of the certificate/],
    ["an authority that is none", () => files("cert.pem", "key.pem", { ca: at("text.pem") }), {}, /^sip\.tls\.ca is no certificate/],
    ["a trunk's authority that is not there", () => ({ udp: 0 }), trunk("none.pem"), /^The authority of the trunk carrier: the file none\.pem cannot be read/],
  ])("are refused with %s", async (_, sip, more, message) => {
    await expect(tlsOf(configured(sip(), more), systemClock)).rejects.toMatchObject({ code: "bad_configuration", message: expect.stringMatching(message) });
  });

  // The certificate ends on 1 January 2120, which is 4,733,510,400 s after the epoch.
  it.each([
    ["15 days before its end nobody is told", -15, []],
    ["13 days before", -13, [{ setting: "sip.tls", validTo: "Jan  1 00:00:00 2120 GMT", expired: false }]],
    ["a day after", 1, [{ setting: "sip.tls", validTo: "Jan  1 00:00:00 2120 GMT", expired: true }]],
  ])("%s", async (_, days, expected) => {
    const told: unknown[] = [];
    const listener = (message: unknown) => void told.push(message);
    channels.certificate.subscribe(listener);
    await tlsOf(configured(files("cert.pem", "key.pem")), new VirtualClock(4_733_510_400_000 + days * 86_400_000));
    channels.certificate.unsubscribe(listener);
    expect(told).toEqual(expected);
  });

  it("let a phone register over TLS", async () => {
    const config = configured(files("cert.pem", "key.pem"), { phones: [{ username: "alice", password: "secret of alice" }] });
    const running = await startServer(config);
    const [address] = running.sip;
    const phone = await createUserAgent({
      clock: systemClock, ids: randomIds, listen: [{ transport: "tls", host: "127.0.0.1", port: 0 }], tls: { ca: authority },
    });
    const nextHop: SipAddress = { ...address!, name: "sip.example.test" };
    const registration = createRegistration(phone, {
      registrarUri: "sip:sip.example.test", aor: "sip:alice@sip.example.test", nextHop, expiresSeconds: 600, clock: systemClock,
      credentials: { username: "alice", password: "secret of alice" },
    });
    expect(await new Promise((resolve) => registration.events.on("registered", resolve))).toEqual({ expiresSeconds: 600 });
    await registration.close();
    await phone.close();
    await running.close();
  });
});
