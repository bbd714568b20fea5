import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { needs, type Cleanup } from "./running-program.ts";

/**
 * A home network behind a router that translates addresses, made of two network namespaces:
 *
 *   this machine's own          the router                   the home
 *   198.51.100.1 (server) ───── 198.51.100.2 │ 192.168.77.1 ───── 192.168.77.2 (phone)
 *
 * The router has no way inwards but the mappings that packets from inside have made.
 */
export interface Nat {
  /** The namespace of the home, where a phone is to run. */
  readonly home: string;
  /** The phone's address, which nobody outside can reach. */
  readonly phone: string;
  /** Where the server has to listen for the home to reach it. */
  readonly outside: string;
  /** The router's address outside, which all that comes from the home bears. */
  readonly router: string;
  /** The router forgets its mappings, as when it was started anew: what comes next from inside gets other ports. */
  rebind(): Promise<void>;
  /** The ports that the router has out for the home now. */
  ports(): Promise<readonly number[]>;
}

const OUTSIDE = "198.51.100.1";
const ROUTER = "198.51.100.2";
const INSIDE = "192.168.77.1";
const PHONE = "192.168.77.2";

const run = promisify(execFile);

/** Makes the networks; they are gone when the test is over. Rejects where namespaces cannot be made: a test must not pass then. */
export async function startNat(cleanup: Cleanup): Promise<Nat> {
  needs("ip", "iproute2");
  needs("nft", "nftables");
  const id = process.pid.toString(36);
  const [home, router, link] = [`piopiy-home-${id}`, `piopiy-router-${id}`, `pp${id}`];
  const ip = (...args: readonly string[]) => run("ip", args);
  const inside = (namespace: string, ...args: readonly string[]) => run("ip", ["netns", "exec", namespace, ...args]);

  try {
    for (const namespace of [home, router]) {
      await ip("netns", "add", namespace);
      cleanup(async () => void (await ip("netns", "del", namespace)));
    }
  } catch (cause) {
    throw new Error("A NAT cannot be made here: this test needs network namespaces (Linux, root, the package iproute2).", { cause });
  }
  await ip("link", "add", `${link}s`, "type", "veth", "peer", "name", "out", "netns", router);
  cleanup(async () => void (await ip("link", "del", `${link}s`)));
  await ip("addr", "add", `${OUTSIDE}/30`, "dev", `${link}s`);
  await ip("link", "set", `${link}s`, "up");
  await ip("-n", router, "link", "add", "in", "type", "veth", "peer", "name", "lan", "netns", home);
  await ip("-n", router, "addr", "add", `${ROUTER}/30`, "dev", "out");
  await ip("-n", router, "addr", "add", `${INSIDE}/24`, "dev", "in");
  await ip("-n", home, "addr", "add", `${PHONE}/24`, "dev", "lan");
  for (const [namespace, device] of [[router, "out"], [router, "in"], [router, "lo"], [home, "lan"], [home, "lo"]] as const) {
    await ip("-n", namespace, "link", "set", device, "up");
  }
  await ip("-n", home, "route", "add", "default", "via", INSIDE);
  await inside(router, "sysctl", "-qw", "net.ipv4.ip_forward=1");

  // What is not known to belong to something that began inside is not let in, as home routers do.
  let bindings = 0;
  const translate = async () => {
    const first = 20_000 + 10_000 * (bindings++ % 4);
    await inside(router, "nft", `
      flush ruleset
      table ip home {
        chain forward {
          type filter hook forward priority 0
          policy drop
          iifname in accept
          ct state established,related accept
        }
        chain out {
          type nat hook postrouting priority 100
          oifname out meta l4proto { tcp, udp } masquerade to :${first}-${first + 9_999} random
        }
      }`);
  };
  await translate();

  return {
    home, phone: PHONE, outside: OUTSIDE, router: ROUTER,
    async rebind() {
      await translate();
      // Linux forgets the mappings of an interface whose link goes down.
      await ip("-n", router, "link", "set", "out", "down");
      await ip("-n", router, "link", "set", "out", "up");
    },
    async ports() {
      // src=(phone) dst=(server) sport= dport=, and the answers to it: src=(server) dst=(router) sport= dport=(what is out).
      const { stdout } = await inside(router, "cat", "/proc/net/nf_conntrack");
      return [...stdout.matchAll(new RegExp(`src=${OUTSIDE} dst=${ROUTER} sport=\\d+ dport=(\\d+)`, "g"))].map(([, port]) => Number(port));
    },
  };
}
