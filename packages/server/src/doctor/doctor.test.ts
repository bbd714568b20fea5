import { createSocket } from "node:dgram";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { randomIds, systemClock } from "../base/index.ts";
import { resolveConfig } from "../config/index.ts";
import {
  addressFacts, clockFacts, diskFacts, exitCodeOf, fileHandleLimit, judgeAddress, judgeAudio, judgeCertificate, judgeClock, judgeDisk, judgeEventLoop,
  judgeFileHandles, judgeMediaPorts, judgeNode, judgePorts, judgePump, judgeSpeech, listenedPorts, reportOf, tryMediaPorts, tryPort, type Check,
} from "./index.ts";

const host = "127.0.0.1";
const day = 86_400_000;
const nowMs = 1_800_000_000_000;
const clock = { driftMs: 0.4, nowMs, synchronized: true } as const;
const disk = { freeBytes: 50e9, flushMedianMs: 1, flushMaxMs: 9 } as const;
const audio = { heard: [1, 1], packetsLost: 0, latestSendMs: 3, setUpMs: 40 } as const;
const port = { setting: "sip.udp", transport: "udp", host, port: 5060, code: undefined } as const;
const taken = { ...port, code: "EADDRINUSE" } as const;
const address = { host: "0.0.0.0", advertise: undefined, interfaces: [host, "10.0.0.5"], publicTrunks: [], unknownTrunks: [] } as const;
const pub = { ...address, publicTrunks: ["carrier"] } as const;

describe("the judgement", () => {
  const table: readonly (readonly [what: string, check: Check, status: Check["status"], says: RegExp])[] = [
    ["Node 20.20", judgeNode("20.20.2"), "ok", /20\.20\.2/],
    ["Node 22", judgeNode("22.0.0"), "ok", /22/],
    ["Node 23", judgeNode("23.1.0"), "warning", /support/],
    ["Node 20.18", judgeNode("20.18.9"), "failed", /too old/],
    ["Node 18", judgeNode("18.20.0"), "failed", /too old/],
    ["a pump", judgePump(true, undefined), "ok", /native pump moves/],
    ["a pump that is not wanted", judgePump(true, "off"), "ok", /media.pump is off/],
    ["no pump", judgePump(false, "auto"), "ok", /not built/],
    ["handles enough", judgeFileHandles(20_000, 10_000), "ok", /20000/],
    ["handles that nobody counts", judgeFileHandles(Infinity, 10_000), "ok", /Infinity/],
    ["handles that cannot be read", judgeFileHandles(undefined, 10_000), "ok", /not tell/],
    ["handles for some", judgeFileHandles(4096, 10_000), "warning", /about 3072/],
    ["handles for none", judgeFileHandles(1024, 10_000), "failed", /too few/],
    ["a clock by NTP", judgeClock(clock), "ok", /set by NTP/],
    ["a clock that nobody knows of", judgeClock({ ...clock, synchronized: undefined }), "ok", /could not be asked/],
    ["a clock without NTP", judgeClock({ ...clock, synchronized: false }), "warning", /not set by NTP/],
    ["a clock that jumps back", judgeClock({ ...clock, driftMs: -900 }), "warning", /-900 ms/],
    ["a clock that was never set", judgeClock({ ...clock, nowMs: 1000 }), "failed", /years/],
    ["a good disk", judgeDisk(disk), "ok", /flush takes 1 ms/],
    ["a slow disk", judgeDisk({ ...disk, flushMedianMs: 60 }), "warning", /60 ms/],
    ["a disk that fills", judgeDisk({ ...disk, freeBytes: 1e9 }), "warning", /953 MiB/],
    ["a full disk", judgeDisk({ ...disk, freeBytes: 1e6 }), "failed", /Only 0 MiB/],
    ["a disk that cannot be written", judgeDisk({ code: "EROFS" }), "failed", /EROFS/],
    ["an idle event loop", judgeEventLoop(4), "ok", /4 ms/],
    ["a slow event loop", judgeEventLoop(60), "warning", /60 ms/],
    ["a stuck event loop", judgeEventLoop(400), "failed", /400 ms/],
    ["free ports", judgePorts([port], false), "ok", /free: udp 5060/],
    ["ports of our own server", judgePorts([taken], true), "ok", /server that runs/],
    ["a port of somebody else", judgePorts([port, taken], false), "failed", /sip\.udp .*another program/],
    ["a port below 1024", judgePorts([{ ...port, code: "EACCES" }], false), "failed", /may not/],
    ["a host of somebody else, even beside our server", judgePorts([{ ...port, code: "EADDRNOTAVAIL" }], true), "failed", /no address/],
    ["media ports", judgeMediaPorts([20_000, 29_999], 40, 0, false), "ok", /10000 legs/],
    ["media ports partly taken", judgeMediaPorts([20_000, 29_999], 40, 3, false), "warning", /3 of 40/],
    ["media ports all taken", judgeMediaPorts([20_000, 20_001], 2, 2, false), "failed", /none of 2/],
    ["media ports taken by ours", judgeMediaPorts([20_000, 20_001], 2, 2, true), "ok", /2 legs/],
    ["media ports of the system", judgeMediaPorts([0, 0], 0, 0, false), "ok", /system chooses/],
    ["everywhere, and no trunk", judgeAddress("sip", address), "ok", /10\.0\.0\.5/],
    ["this machine alone", judgeAddress("media", { ...address, host }), "ok", /alone/],
    ["this machine alone for a carrier", judgeAddress("media", { ...pub, host }), "failed", /carrier cannot reach/],
    ["a private address for a carrier", judgeAddress("media", pub), "warning", /audio will not arrive/],
    ["a private address told to a carrier", judgeAddress("sip", { ...pub, advertise: "192.168.1.4" }), "warning", /192\.168\.1\.4, which is private/],
    ["a public address told to a carrier", judgeAddress("media", { ...pub, advertise: "203.0.113.9" }), "ok", /router must forward/],
    ["IPv4 everywhere: what is public is of a family that nobody is told", judgeAddress("sip", { ...pub, interfaces: [host, "10.0.0.5", "2001:db8::5"] }), "warning", /told 10\.0\.0\.5, which is private/],
    ["both families everywhere", judgeAddress("sip", { ...pub, host: "::", interfaces: ["::1", "2001:db8::5", "fe80::5"] }), "ok", /^2001:db8::5 is told/],
    ["a host that is not here", judgeAddress("sip", { ...address, host: "203.0.113.9" }), "failed", /no address of this machine/],
    ["a trunk without an address", judgeAddress("sip", { ...address, unknownTrunks: ["typo"] }), "warning", /typo has no address/],
    ["good audio", judgeAudio(audio), "ok", /100 %/],
    ["audio with a loss", judgeAudio({ ...audio, packetsLost: 2 }), "warning", /2 packets/],
    ["late audio", judgeAudio({ ...audio, latestSendMs: 70 }), "warning", /70 ms late/],
    ["audio one way", judgeAudio({ ...audio, heard: [1, 0] }), "failed", /0 % the other/],
    ["no call", judgeAudio({ why: "no_answer" }), "failed", /no_answer/],
    ["speech", judgeSpeech({ audibleMs: 1500, provider: "flite" }), "ok", /flite speaks/],
    ["speech of a blink", judgeSpeech({ audibleMs: 40, provider: "flite" }), "failed", /40 ms/],
    ["no speech", judgeSpeech({ why: "the service is away" }), "failed", /away/],
    ["a certificate", judgeCertificate({ setting: "sip.tls", endsMs: nowMs + 90 * day }, nowMs), "ok", /90 days/],
    ["a certificate that ends soon", judgeCertificate({ setting: "sip.tls", endsMs: nowMs + 3 * day }, nowMs), "warning", /3 days/],
    ["a certificate that has ended", judgeCertificate({ setting: "sip.tls", endsMs: nowMs - 2 * day }, nowMs), "failed", /ended 2 days ago/],
    ["a certificate that is none", judgeCertificate({ setting: "http.tls", why: "it is no PEM" }, nowMs), "failed", /no PEM/],
  ];
  it.each(table)("of %s", (_, check, status, says) => {
    expect(check.status).toBe(status);
    expect(check.says).toMatch(says);
    // Whoever is told that something is wrong is told what to do.
    expect(check.todo !== undefined).toBe(status !== "ok");
  });

  it("is printed with what to do, and fails as a whole when something failed", () => {
    const checks = [judgeNode("20.20.0"), judgePorts([taken], false), judgeClock({ ...clock, synchronized: false })];
    expect(reportOf(checks).split("\n")).toEqual([
      "ok       node   Node.js 20.20.0",
      "FAILED   ports  sip.udp (udp 127.0.0.1:5060) is held by another program.",
      "                → See which: ss -lnp 'sport = :5060'; stop it, or choose another port.",
      "WARNING  clock  The clock is not set by NTP.",
      "                → Let NTP set the clock: timedatectl set-ntp true, or install chrony.",
      "", "1 ok, 1 warnings, 1 failed",
    ]);
    expect([exitCodeOf(checks), exitCodeOf(checks.filter(({ status }) => status !== "failed"))]).toEqual([1, 0]);
  });
});

describe("the look", () => {
  it("at ports tells those that are held from those that are free", async () => {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, host, resolve));
    const held = socket.address().port;
    expect(await tryPort({ transport: "udp", host, port: held })).toBe("EADDRINUSE");
    expect(await tryPort({ transport: "tcp", host, port: 0 })).toBeUndefined();
    expect(await tryPort({ transport: "tcp", host: "192.0.2.1", port: 0 })).toBe("EADDRNOTAVAIL");
    const media = { host, ports: [held, held], folder: "", workers: 1 } as const;
    expect(await tryMediaPorts(media)).toEqual({ tried: 1, held: 1 });
    await new Promise<void>((resolve) => socket.close(resolve));
    expect(await tryMediaPorts(media)).toEqual({ tried: 1, held: 0 });
  });

  it("at a configuration finds every port that is listened at", () => {
    const config = resolveConfig(JSON.stringify({ http: { port: 0 }, sip: { udp: 5060, tcp: false, ws: { port: 8088 } } }), {}, {});
    expect(config.ok && listenedPorts(config.value).map(({ setting, port }) => [setting, port])).toEqual([["sip.udp", 5060], ["sip.ws.port", 8088]]);
  });

  it("at addresses knows this machine's, and which trunks are public", async () => {
    const trunks = [{ name: "near", host: "10.1.1.1" }, { name: "far", host: "203.0.113.1" }];
    const config = resolveConfig(JSON.stringify({ trunks, media: { host: "0.0.0.0", advertise: "203.0.113.7" } }), {}, {});
    if (!config.ok) throw new Error("the configuration is wrong");
    const facts = await addressFacts(config.value, "media");
    expect(facts).toMatchObject({ host: "0.0.0.0", advertise: "203.0.113.7", publicTrunks: ["far"], unknownTrunks: [] });
    expect(facts.interfaces).toContain(host);
  });

  it("at a disk writes, measures, and leaves nothing behind", async () => {
    const folder = await mkdtemp(join(tmpdir(), "piopiy-doctor-"));
    const facts = await diskFacts(join(folder, "data"), systemClock, randomIds);
    expect(facts).toMatchObject({ freeBytes: expect.any(Number), flushMedianMs: expect.any(Number) });
    expect(await readdir(join(folder, "data"))).toEqual([]);
    await writeFile(join(folder, "file"), "");
    expect(await diskFacts(join(folder, "file"), systemClock, randomIds)).toEqual({ code: "EEXIST" });
    await rm(folder, { recursive: true });
  });

  it("at this machine's clock and handles tells what they are", async () => {
    const { driftMs, nowMs } = await clockFacts(systemClock);
    expect([Math.abs(driftMs) < 1000, nowMs > 1_700_000_000_000]).toEqual([true, true]);
    if (process.platform === "linux") expect(await fileHandleLimit()).toBeGreaterThan(0);
  });
});
