import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { lookup } from "node:dns/promises";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import { bindUdpPort } from "./bind-udp-port.ts";
import { hasPump, isCurrentPump, loadPumpAddon, usualPump } from "./pump-addon.ts";
import type { PumpChoice, UdpPort } from "./udp-port.ts";

const ports: UdpPort[] = [];
afterEach(async () => {
  await Promise.all(ports.splice(0).map((port) => port.close()));
});

interface Got {
  readonly bytes: readonly number[];
  readonly host: string;
  readonly port: number;
}

/** A port that keeps what came. */
async function newPort(choice: PumpChoice, host = "127.0.0.1", number = 0) {
  const got: Got[] = [];
  const waiting: (() => void)[] = [];
  let failed = 0;
  const port = await bindUdpPort(host, number, {
    datagram(bytes, from, fromPort) {
      got.push({ bytes: [...bytes], host: from, port: fromPort });
      for (const wake of waiting.splice(0)) wake();
    },
    sendFailed: () => void (failed += 1),
  }, choice);
  ports.push(port);
  const until = async (count: number) => {
    while (got.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return { port, got, until, failed: () => failed };
}

const rtp = (...bytes: number[]) => Uint8Array.of(0x80, ...bytes);
const turn = () => new Promise((resolve) => setImmediate(resolve));
const sockets = () => readdirSync("/proc/self/fd").length;

/** Both ways, where both are wanted. */
const ways: readonly PumpChoice[] = usualPump() === "off" ? ["off"] : ["auto", "off"];

const built = new URL("../../native/build/pump.node", import.meta.url).pathname;

it("takes the pump that was built", () => {
  expect(hasPump()).toBe(existsSync(built));
});

it.each([
  ["is not there", undefined],
  ["is no program", "garbage"],
])("does without a pump that %s", (_, content) => {
  const folder = mkdtempSync(join(tmpdir(), "pump-"));
  try {
    const file = join(folder, "pump.node");
    if (content !== undefined) writeFileSync(file, content);
    expect(loadPumpAddon(pathToFileURL(file))).toBeUndefined();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("does without a pump of another version", () => {
  expect(isCurrentPump({ version: 0, favour: () => 0 })).toBe(false);
});

describe.each(ways)("a UDP port, pump %s", (choice) => {
  it.each([["127.0.0.1", "127.0.0.1"], ["::1", "::1"], ["::", "::1"]])("bound to %s sends and receives", async (host, to) => {
    const one = await newPort(choice, host);
    const other = await newPort(choice, host);
    one.port.send(rtp(1, 2, 3), other.port.port, to);
    one.port.sendControl(Uint8Array.of(), other.port.port, to);
    await other.until(2);
    expect(other.got).toEqual([{ bytes: [0x80, 1, 2, 3], host: to, port: one.port.port }, { bytes: [], host: to, port: one.port.port }]);
    expect(one.failed()).toBe(0);
  });

  it("tells apart who sent, of many that take turns", async () => {
    const one = await newPort(choice, "0.0.0.0");
    const others = await Promise.all(["127.0.0.1", "127.0.0.2", "127.0.0.3"].map((host) => newPort(choice, host)));
    for (let round = 0; round < 20; round++) for (const { port } of others) port.send(rtp(round), one.port.port, "127.0.0.1");
    await one.until(60);
    for (const { port } of others) {
      const of = one.got.filter((from) => from.host === port.host && from.port === port.port);
      expect(of.map(({ bytes }) => bytes[1])).toEqual(Array.from({ length: 20 }, (_, round) => round));
    }
  });

  it("takes every length of a packet, and what is too long at least in part", async () => {
    const [one, other] = [await newPort(choice), await newPort(choice)];
    for (const length of [1, 12, 172, 1500, 2048, 60_000]) {
      const packet = new Uint8Array(length).map((_, index) => (index === 0 ? 0x80 : index % 251));
      const peer = createSocket("udp4");
      await new Promise((resolve) => peer.send(packet, other.port.port, "127.0.0.1", resolve));
      peer.close();
      await other.until(1);
      expect(other.got.splice(0)[0]!.bytes.slice(0, 2048)).toEqual([...packet.subarray(0, 2048)]);
      if (length > 2048) continue;
      one.port.send(packet, other.port.port, "127.0.0.1");
      await other.until(1);
      expect(other.got.splice(0)[0]!.bytes).toEqual([...packet]);
    }
  });

  it("hands over what is no RTP so that it may be kept", async () => {
    const other = await bindKeeping(choice);
    const one = await newPort(choice);
    for (let value = 0; value < 40; value++) one.port.send(Uint8Array.of(22, value), other.port.port, "127.0.0.1");
    await other.until(40);
    expect(other.kept.map(([, value]) => value)).toEqual(Array.from({ length: 40 }, (_, value) => value));
  });

  it("sends to a name once it is known", async () => {
    const [one, other] = [await newPort(choice), await newPort(choice)];
    one.port.send(rtp(1), other.port.port, "localhost");
    one.port.send(rtp(2), other.port.port, "localhost");
    // The resolver answers in the order in which it is asked.
    await lookup("localhost", 4);
    await turn();
    one.port.send(rtp(3), other.port.port, "localhost");
    await other.until(1);
    // What is sent while a name is not known may be lost, and is counted then.
    expect(one.failed()).toBeGreaterThan(0);
    expect(other.got[0]).toMatchObject({ host: "127.0.0.1", port: one.port.port });
  });

  it("counts what cannot leave, and goes on", async () => {
    const [one, other] = [await newPort(choice), await newPort(choice)];
    one.port.send(rtp(1), other.port.port, "::1");
    one.port.send(new Uint8Array(66_000), other.port.port, "127.0.0.1");
    one.port.sendControl(rtp(1), other.port.port, "::1");
    while (one.failed() < 2) await turn();
    // Nobody is there, and the system says so: no harm is done.
    const gone = await newPort(choice);
    await gone.port.close();
    one.port.send(rtp(9), gone.port.port, "127.0.0.1");
    one.port.send(rtp(2), other.port.port, "127.0.0.1");
    await other.until(1);
    expect([other.got[0]!.bytes, one.failed()]).toEqual([[0x80, 2], 2]);
  });

  it("says what is wrong with an address", async () => {
    const { port } = await newPort(choice);
    await expect(bindUdpPort("127.0.0.1", port.port, { datagram: () => undefined, sendFailed: () => undefined }, choice)).rejects.toMatchObject({ code: "EADDRINUSE" });
    await expect(bindUdpPort("192.0.2.1", 0, { datagram: () => undefined, sendFailed: () => undefined }, choice)).rejects.toMatchObject({ code: "EADDRNOTAVAIL" });
  });

  it("is free again at once when it was closed, sends nothing more, and closes once", async () => {
    const [one, other] = [await newPort(choice), await newPort(choice)];
    const number = one.port.port;
    await Promise.all([one.port.close(), one.port.close()]);
    one.port.send(rtp(1), other.port.port, "127.0.0.1");
    one.port.sendControl(rtp(1), other.port.port, "127.0.0.1");
    const again = await newPort(choice, "127.0.0.1", number);
    expect(again.port.port).toBe(number);
    again.port.send(rtp(2), other.port.port, "127.0.0.1");
    await other.until(1);
    expect(other.got.map(({ bytes }) => bytes)).toEqual([[0x80, 2]]);
    expect(one.failed()).toBe(0);
  });

  it("gets nothing any more that was underway to it, nor what was meant for one before it", async () => {
    const sender = await newPort(choice);
    const closing = await newPort(choice);
    for (let count = 0; count < 10; count++) sender.port.send(rtp(count), closing.port.port, "127.0.0.1");
    await closing.port.close();
    const next = await newPort(choice);
    sender.port.send(rtp(99), next.port.port, "127.0.0.1");
    await next.until(1);
    expect(next.got.map(({ bytes }) => bytes)).toEqual([[0x80, 99]]);
    expect(closing.got).toEqual([]);
  });

  it("may be closed by what it receives", async () => {
    const sender = await newPort(choice);
    let count = 0;
    const closed = new Promise<void>((resolve) => {
      const port = bindUdpPort("127.0.0.1", 0, {
        datagram() {
          count += 1;
          void port.then((closing) => closing.close()).then(resolve);
        },
        sendFailed: () => undefined,
      }, choice);
      void port.then((open) => sender.port.send(rtp(1), open.port, "127.0.0.1"));
    });
    await closed;
    expect(count).toBe(1);
  });

  it("leaves nothing behind, however often ports come and go", async () => {
    await (await newPort(choice)).port.close();
    await turn();
    const before = sockets();
    for (let round = 0; round < 40; round++) {
      const opened = await Promise.all(Array.from({ length: 25 }, () => newPort(choice)));
      opened[0]!.port.send(rtp(1), opened[1]!.port.port, "127.0.0.1");
      await Promise.all(opened.map(({ port }) => port.close()));
    }
    await turn();
    expect(sockets()).toBeLessThanOrEqual(before);
  });
});

/** A port that keeps the datagrams themselves. */
async function bindKeeping(choice: PumpChoice) {
  const kept: Uint8Array[] = [];
  let wake: () => void = () => undefined;
  const port = await bindUdpPort("127.0.0.1", 0, { datagram: (bytes) => (kept.push(bytes), wake()), sendFailed: () => undefined }, choice);
  ports.push(port);
  const until = async (count: number) => {
    while (kept.length < count) await new Promise<void>((resolve) => (wake = resolve));
  };
  return { port, kept, until };
}

describe.runIf(ways.includes("auto") && hasPump())("the pump", () => {
  it("ends with its thread, and leaves none of its sockets", async () => {
    const before = sockets();
    for (let round = 0; round < 5; round++) {
      const worker = new Worker(`
        const { createRequire } = require("node:module");
        const addon = createRequire(process.cwd() + "/")(${JSON.stringify(built)});
        addon.start(() => undefined);
        for (let count = 0; count < 50; count++) addon.open("127.0.0.1", 0, 65536);
        require("node:worker_threads").parentPort.postMessage("open");
      `, { eval: true });
      await once(worker, "message");
      expect(sockets()).toBeGreaterThan(before + 45);
      await worker.terminate();
    }
    expect(sockets()).toBeLessThanOrEqual(before + 5);
  });

  it("says that handles have run out, and goes on when there are some again", () => {
    const program = `
      const addon = require(${JSON.stringify(built)});
      addon.start(() => undefined);
      const opened = [];
      let last = 0;
      while ((last = addon.open("127.0.0.1", 0, 65536)) >= 0) opened.push(last);
      for (const handle of opened) addon.close(handle);
      const again = addon.open("127.0.0.1", 0, 65536);
      console.log(require("node:util").getSystemErrorName(last), opened.length > 20, again >= 0, opened.includes(again));
      addon.close(again);
    `;
    const { stdout, status } = spawnSync("sh", ["-c", 'ulimit -n 100; exec "$0" -e "$1"', process.execPath, program], { encoding: "utf8" });
    // Every use of a place has a handle of its own.
    expect([stdout.trim(), status]).toEqual(["EMFILE true true false", 0]);
  });

  it("refuses, and outlives, whatever nonsense it is asked", async () => {
    const worker = new Worker(`
      const { createRequire } = require("node:module");
      const addon = createRequire(process.cwd() + "/")(${JSON.stringify(built)});
      const nonsense = [undefined, null, -1, 1e9, NaN, 65535, "x", "255.255.255.255", "::%zz", "a".repeat(1e5), {}, [], () => 1, 2n];
      const results = [];
      const ask = () => { for (const one of nonsense) for (const other of nonsense) for (const name of ["open", "close", "read", "name", "aim", "send", "favour"]) results.push(addon[name](one, other, one)); };
      ask();
      const [received, sent, rows] = addon.start(() => undefined);
      const again = addon.start(() => undefined);
      const words = new Int32Array(rows);
      for (let word = 0; word < words.length; word++) words[word] = (word * 2654435761) | 0;
      ask();
      const handle = addon.open("127.0.0.1", 0, 1);
      words[256 * 8] = handle;
      words[256 * 8 + 1] = 1e6;
      const tooLong = addon.send();
      structuredClone(received, { transfer: [received] });
      structuredClone(rows, { transfer: [rows] });
      require("node:worker_threads").parentPort.postMessage([again, tooLong, addon.read(false), addon.send(), addon.close(handle), addon.close(handle)]);
    `, { eval: true });
    const [told] = await once(worker, "message");
    await worker.terminate();
    expect(told).toEqual([-22, -22, 0, -22, 0, -9]);
  });
});
