import { spawn, spawnSync } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DtlsClient, DtlsServer } from "werift";
import { randomIds, systemClock } from "../base/index.ts";
import { createIdentity } from "./certificate.ts";
import { createEndpoint, type DtlsEndpoint, type DtlsPeer, type DtlsResult } from "./endpoint.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { hex, identity } from "./pair.test.support.ts";

type Options = ConstructorParameters<typeof DtlsClient>[0];

const OPENSSL = "openssl";
const noOpenssl = spawnSync(OPENSSL, ["version"]).status !== 0;
if (noOpenssl) console.warn("Left out: openssl is not found");

const folder = mkdtempSync(join(tmpdir(), "piopiy-dtls-"));
const kinds = { ecdsa: ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"], rsa: ["rsa:2048"] } as const;
type Kind = keyof typeof kinds;
const files = (kind: Kind) => ({ cert: join(folder, `${kind}.pem`), key: join(folder, `${kind}-key.pem`) });

function makeCertificate(kind: Kind): Uint8Array {
  const { cert, key } = files(kind);
  spawnSync(OPENSSL, ["req", "-x509", "-newkey", ...kinds[kind], "-nodes", "-days", "2", "-subj", "/CN=peer", "-keyout", key, "-out", cert]);
  return new X509Certificate(spawnSync(OPENSSL, ["x509", "-in", cert, "-outform", "DER"]).stdout).raw;
}

const certificates = new Map<Kind, Uint8Array>();
beforeAll(() => {
  if (!noOpenssl) for (const kind of ["ecdsa", "rsa"] as const) certificates.set(kind, makeCertificate(kind));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Running {
  readonly endpoint: DtlsEndpoint;
  readonly result: Promise<DtlsResult>;
  readonly socket: Socket;
  readonly port: number;
}

function awaited(): { readonly result: Promise<DtlsResult>; readonly over: (result: DtlsResult) => void } {
  let over: (result: DtlsResult) => void = () => undefined;
  const result = new Promise<DtlsResult>((resolve) => {
    over = resolve;
  });
  return { result, over: (one) => over(one) };
}

/** One of ours on a socket of its own. */
async function start(peer: Omit<DtlsPeer, "remote">, remotePort: number): Promise<Running> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { result, over } = awaited();
  const endpoint = createEndpoint(
    {
      clock: systemClock, ids: randomIds, identity, profiles: ["AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80"], over,
      send: (datagram, to) => socket.send(datagram, to.port, to.host),
    },
    { ...peer, remote: { host: "127.0.0.1", port: remotePort } },
  );
  socket.on("message", (datagram, { address, port }) => endpoint.receive(datagram, { host: address, port }));
  return { endpoint, result, socket, port: socket.address().port };
}

/** Runs openssl until it has exported the keys, with what it says then. */
function openssl(args: readonly string[]): { readonly exported: Promise<string>; readonly stop: () => void; readonly says: (what: string) => Promise<void> } {
  const program = spawn(OPENSSL, [...args, "-dtls1_2", "-use_srtp", "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80", "-keymatexport", "EXTRACTOR-dtls_srtp", "-keymatexportlen", "56"]);
  let text = "";
  const waiting = new Set<() => void>();
  const hear = (chunk: Buffer) => {
    text += chunk.toString("latin1");
    for (const look of waiting) look();
  };
  program.stdout.on("data", hear);
  program.stderr.on("data", hear);
  const says = (what: RegExp) => new Promise<string>((resolve) => {
    const look = () => {
      const found = what.exec(text);
      if (!found) return;
      waiting.delete(look);
      resolve(found[1] ?? "");
    };
    waiting.add(look);
    look();
  });
  return { exported: says(/Keying material: ([0-9A-F]+)/), stop: () => program.kill(), says: async (what) => void (await says(new RegExp(`(${what})`))) };
}

/** RFC 5764 §4.2, of AEAD_AES_128_GCM. */
const keysIn = (exported: string) => ({
  client: (exported.slice(0, 32) + exported.slice(64, 88)).toLowerCase(),
  server: (exported.slice(32, 64) + exported.slice(88, 112)).toLowerCase(),
});

const keysOf = (result: DtlsResult) => (result.ok ? { send: hex(result.keys.send), receive: hex(result.keys.receive) } : result.why);

describe.skipIf(noOpenssl)("OpenSSL", () => {
  const freePort = async (): Promise<number> => {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    const { port } = socket.address();
    await new Promise<void>((resolve) => socket.close(resolve));
    return port;
  };

  it.each(["ecdsa", "rsa"] as const)("as a server with a certificate of %s has the keys that our client has", async (kind) => {
    const port = await freePort();
    const { cert, key } = files(kind);
    const server = openssl(["s_server", "-accept", `127.0.0.1:${port}`, "-cert", cert, "-key", key, "-Verify", "1", "-listen"]);
    await server.says("ACCEPT");
    const ours = await start({ role: "client", fingerprints: [fingerprintOf(certificates.get(kind)!)] }, port);
    const result = await ours.result;
    const { client, server: theirs } = keysIn(await server.exported);
    expect(keysOf(result)).toEqual({ send: client, receive: theirs });
    ours.endpoint.close();
    server.stop();
    ours.socket.close();
  });

  it.each(["ecdsa", "rsa"] as const)("as a client with a certificate of %s has the keys that our server has", async (kind) => {
    const { cert, key } = files(kind);
    const ours = await start({ role: "server", fingerprints: [fingerprintOf(certificates.get(kind)!)] }, 1);
    const client = openssl(["s_client", "-connect", `127.0.0.1:${ours.port}`, "-cert", cert, "-key", key]);
    const result = await ours.result;
    const { client: theirs, server } = keysIn(await client.exported);
    expect(keysOf(result)).toEqual({ send: server, receive: theirs });
    ours.endpoint.close();
    client.stop();
    ours.socket.close();
  });

  it("as a client without a certificate is refused", async () => {
    const ours = await start({ role: "server", fingerprints: [fingerprintOf(certificates.get("ecdsa")!)] }, 1);
    const client = openssl(["s_client", "-connect", `127.0.0.1:${ours.port}`]);
    await expect(ours.result).resolves.toEqual({ ok: false, why: "fingerprint" });
    client.stop();
    ours.socket.close();
  });
});

describe("werift", () => {
  // What it says of itself: P-256, ECDSA, SHA-256.
  const signatureHash = { hash: 4, signature: 3 } as const;
  const pem = (label: string, bytes: Uint8Array) => `-----BEGIN ${label}-----\n${Buffer.from(bytes).toString("base64").replace(/.{64}/g, "$&\n")}\n-----END ${label}-----\n`;

  it.each(["client", "server"] as const)("has the keys that our %s has", async (role) => {
    const theirs = createIdentity(randomIds);
    const remote = { host: "192.0.2.2", port: 5000 };
    const transport: Options["transport"] = {
      type: "udp", address: { address: "", family: "", port: 0 }, closed: false, onData: () => undefined,
      send: async (data) => ours.receive(data, remote), close: async () => undefined,
    };
    const awaitedResult = awaited();
    const options: Options = {
      transport, srtpProfiles: [7, 1], signatureHash, certificateRequest: true, extendedMasterSecret: true,
      cert: pem("CERTIFICATE", theirs.certificate), key: pem("PRIVATE KEY", theirs.privateKey.export({ type: "pkcs8", format: "der" })),
    };
    const other = role === "client" ? new DtlsServer(options) : new DtlsClient(options);
    const connected = other.onConnect.asPromise();
    const ours = createEndpoint(
      {
        clock: systemClock, ids: randomIds, identity, profiles: ["AEAD_AES_128_GCM"], over: awaitedResult.over,
        send: (datagram) => queueMicrotask(() => transport.onData(Buffer.from(datagram), [remote.host, remote.port])),
      },
      { role, fingerprints: [fingerprintOf(theirs.certificate)], remote },
    );
    if (other instanceof DtlsClient) other.connect().catch(() => undefined);
    const result = await awaitedResult.result;
    await connected;
    const keys = other.extractSessionKeys(16, 12);
    expect(keysOf(result)).toEqual({
      send: hex(Buffer.concat([keys.remoteKey, keys.remoteSalt])),
      receive: hex(Buffer.concat([keys.localKey, keys.localSalt])),
    });
    ours.close();
  });
});
