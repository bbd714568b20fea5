import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededIds } from "../../base/index.ts";
import type { TransportName } from "../address.ts";
import { inOrder, targetsOf } from "./targets.ts";
import { dnsOf, type Zone } from "./zone.test.support.ts";

const zone: Zone = {
  "naptr example.com": [
    { order: 50, preference: 60, flags: "s", service: "SIP+D2U", replacement: "_sip._udp.example.com" },
    { order: 50, preference: 50, flags: "S", service: "sips+d2t", replacement: "_sips._tcp.example.com" },
    { order: 40, preference: 50, flags: "u", service: "E2U+sip", replacement: "" },
    { order: 90, preference: 50, flags: "s", service: "SIP+D2T", replacement: "_sip._tcp.example.com" },
  ],
  "srv _sips._tcp.example.com": [{ name: "a.example.com", port: 5061, priority: 1, weight: 0 }],
  "srv _sip._tcp.example.com": [{ name: "b.example.com", port: 5070, priority: 1, weight: 0 }],
  "srv _sip._udp.example.com": [
    { name: "b.example.com", port: 5080, priority: 20, weight: 0 },
    { name: "a.example.com", port: 5060, priority: 10, weight: 0 },
  ],
  "srv _sip._udp.plain.example": [{ name: "a.example.com", port: 5066, priority: 1, weight: 1 }],
  "srv _sip._tcp.plain.example": [{ name: "192.0.2.9", port: 5067, priority: 1, weight: 1 }],
  "srv _sip._udp.closed.example": [{ name: ".", port: 0, priority: 0, weight: 0 }],
  "a a.example.com": ["192.0.2.1"],
  "a b.example.com": ["192.0.2.2", "2001:db8::2"],
  "a example.com": ["192.0.2.3"],
  "a bare.example": ["192.0.2.4"],
  "a closed.example": ["192.0.2.5"],
  "a host": ["10.0.0.1"],
};

const all: readonly TransportName[] = ["udp", "tcp", "tls"];

async function find(host: string, { transport, port, secure = false, speaks = all }: {
  transport?: TransportName; port?: number; secure?: boolean; speaks?: readonly TransportName[];
} = {}) {
  const { resolver, asked } = dnsOf(zone);
  const options = { resolver, ids: seededIds(1), speaks: (name: TransportName) => speaks.includes(name) };
  const found = await targetsOf({ host, port, transport, secure }, options);
  return { asked, targets: found.map(({ transport, host, port, name }) => `${transport} ${host} ${port}${name === undefined ? "" : ` ${name}`}`) };
}

describe("where a request goes (RFC 3263 §4)", () => {
  it.each([
    ["an address", "192.0.2.7", {}, ["udp 192.0.2.7 5060"], 0],
    ["an address of a SIPS URI", "192.0.2.7", { secure: true }, ["tls 192.0.2.7 5061"], 0],
    ["an IPv6 address with everything given", "2001:db8::7", { transport: "tcp", port: 5070 }, ["tcp 2001:db8::7 5070"], 0],
    ["an IPv6 address, however it is written", "2001:DB8:0:0:0:0:0:7", {}, ["udp 2001:db8::7 5060"], 0],
    ["a name with a port: no services are asked for", "example.com", { port: 5090 }, ["udp 192.0.2.3 5090"], 1],
    ["a name with a port, secure", "example.com", { port: 5090, secure: true }, ["tls 192.0.2.3 5090 example.com"], 1],
    ["NAPTR: by order and preference, then SRV by priority", "example.com", {},
      ["tls 192.0.2.1 5061 example.com", "udp 192.0.2.1 5060", "udp 192.0.2.2 5080", "udp 2001:db8::2 5080", "tcp 192.0.2.2 5070", "tcp 2001:db8::2 5070"], undefined],
    ["NAPTR: only what is spoken here", "example.com", { speaks: ["tcp"] }, ["tcp 192.0.2.2 5070", "tcp 2001:db8::2 5070"], undefined],
    ["NAPTR: only what is secure", "example.com", { secure: true }, ["tls 192.0.2.1 5061 example.com"], undefined],
    ["the transport is given: SRV alone", "example.com", { transport: "tls" }, ["tls 192.0.2.1 5061 example.com"], undefined],
    ["no NAPTR: SRV of each transport", "plain.example", {}, ["udp 192.0.2.1 5066", "tcp 192.0.2.9 5067"], undefined],
    ["no SRV: the address and the usual port", "bare.example", {}, ["udp 192.0.2.4 5060"], undefined],
    ["no SRV of a SIPS URI", "bare.example", { secure: true }, ["tls 192.0.2.4 5061 bare.example"], undefined],
    ["a service that is decidedly not available leaves the address", "closed.example", {}, ["udp 192.0.2.5 5060"], undefined],
    ["a name of this network", "host", {}, ["udp 10.0.0.1 5060"], 1],
    ["a name that is not there", "nothing.example", {}, [], undefined],
    ["a browser's name", "df7jal23ls0d.invalid", {}, [], 0],
  ] as const)("%s", async (_, host, wanted, expected, questions) => {
    const { targets, asked } = await find(host, wanted);
    expect(targets).toEqual(expected);
    if (questions !== undefined) expect(asked).toHaveLength(questions);
  });

  it("verifies the name that it is told to", async () => {
    const options = { resolver: dnsOf(zone).resolver, ids: seededIds(1), speaks: () => true };
    const wanted = { host: "192.0.2.7", port: undefined, transport: "tls", secure: false, name: "carrier.example" } as const;
    expect(await targetsOf(wanted, options)).toEqual([{ transport: "tls", host: "192.0.2.7", port: 5061, name: "carrier.example" }]);
  });
});

describe("SRV records of one priority (RFC 2782)", () => {
  const record = (name: string, priority: number, weight: number) => ({ name, port: 5060, priority, weight });

  it("are chosen by their weights", () => {
    const ids = seededIds(7);
    const records = [record("light", 1, 10), record("heavy", 1, 30), record("last", 2, 1000)];
    const orders = Array.from({ length: 2000 }, () => inOrder(records, ids).map(({ name }) => name).join(" "));
    const heavy = orders.filter((order) => order === "heavy light last").length;
    expect(new Set(orders)).toEqual(new Set(["heavy light last", "light heavy last"]));
    expect(heavy / orders.length).toBeGreaterThan(0.7);
    expect(heavy / orders.length).toBeLessThan(0.8);
  });

  it("are all used once, by priority", () => {
    const records = fc.array(fc.record({ name: fc.string(), port: fc.nat(65_535), priority: fc.nat(3), weight: fc.nat(65_535) }), { maxLength: 12 });
    fc.assert(fc.property(records, fc.integer(), (given, seed) => {
      const ordered = inOrder(given, seededIds(seed));
      expect(new Set(ordered)).toEqual(new Set(given));
      expect(ordered.map(({ priority }) => priority)).toEqual(given.map(({ priority }) => priority).toSorted((a, b) => a - b));
    }), { seed: 1 });
  });
});
