import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { missing, needs, type Cleanup } from "./running-program.ts";

/** A network to a namespace of its own that loses 5 % of the packets each way, and may delay and reorder them. */
export interface BadNetwork {
  /** Where a phone is to run. */
  readonly namespace: string;
  /** Its address, and that of this machine. */
  readonly phone: string;
  readonly outside: string;
}

const OUTSIDE = "198.51.100.5";
const PHONE = "198.51.100.6";
/** The faults that a network can have: the kernel's packet filter loses packets, netem delays them as well. */
export type Faults = "loss" | "loss and jitter";

// What is late by more than what comes behind it is overtaken.
const JITTER = ["netem", "delay", "70ms", "60ms", "duplicate", "1%"];
// Where packets arrive: what is dropped on its way out is told to the program that sends it, as no network does.
const loses = (table: string, device: string) =>
  `table inet ${table} { chain arriving { type filter hook input priority 0; iifname "${device}" numgen random mod 100 < 5 drop; }; }`;

const run = promisify(execFile);

/** Why there is no jitter here; `undefined` where it can be made: the kernel has the scheduler netem. */
export async function noJitter(): Promise<string | undefined> {
  const why = missing("ip", "iproute2") ?? missing("tc", "iproute2");
  if (why !== undefined) return why;
  const closers: (() => Promise<void>)[] = [];
  try {
    await startBadNetwork((close) => void closers.push(close), "loss and jitter");
    return undefined;
  } catch (failure) {
    return `jitter cannot be made here (the kernel's netem): ${failure instanceof Error ? failure.message.trim().split("\n").at(-1) : ""}`;
  } finally {
    for (const close of closers.toReversed()) await close();
  }
}

/** Makes the network; it is gone when the test is over. */
export async function startBadNetwork(cleanup: Cleanup, faults: Faults): Promise<BadNetwork> {
  needs("ip", "iproute2");
  needs("nft", "nftables");
  const id = process.pid.toString(36);
  const [namespace, link] = [`piopiy-bad-${id}`, `pb${id}`];
  const ip = (...args: readonly string[]) => run("ip", args);
  await ip("netns", "add", namespace);
  cleanup(async () => void (await ip("netns", "del", namespace)));
  await ip("link", "add", link, "type", "veth", "peer", "name", "line", "netns", namespace);
  cleanup(async () => void (await ip("link", "del", link)));
  await ip("addr", "add", `${OUTSIDE}/30`, "dev", link);
  await ip("-n", namespace, "addr", "add", `${PHONE}/30`, "dev", "line");
  await ip("link", "set", link, "up");
  await ip("-n", namespace, "link", "set", "line", "up");
  await ip("-n", namespace, "link", "set", "lo", "up");
  await ip("netns", "exec", namespace, "nft", loses("bad", "line"));
  await run("nft", [loses(`piopiy_bad_${id}`, link)]);
  cleanup(async () => void (await run("nft", ["delete", "table", "inet", `piopiy_bad_${id}`])));
  if (faults === "loss and jitter") {
    await run("tc", ["qdisc", "add", "dev", link, "root", ...JITTER]);
    await run("tc", ["-n", namespace, "qdisc", "add", "dev", "line", "root", ...JITTER]);
  }
  return { namespace, phone: PHONE, outside: OUTSIDE };
}
