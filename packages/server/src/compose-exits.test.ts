import { describe, expect, it } from "vitest";
import type { DialTarget } from "./call/index.ts";
import { exitsOf } from "./compose-exits.ts";
import { resolveConfig } from "./config/index.ts";

const file = {
  trunks: [
    { name: "carrier", host: "Sip.Carrier.example", port: 5060 },
    { name: "gateway", host: "127.0.0.1", port: 5080 },
    { name: "old", host: "2001:db8::9" },
  ],
  phones: [{ username: "desk", password: "p", number: "+1000" }],
  limits: { country: "91", hosts: ["partner.example", "198.51.100.0/24"] },
};

function exits(config: object, inside: boolean) {
  const resolved = resolveConfig(JSON.stringify(config), {}, {});
  if (!resolved.ok) throw new Error(JSON.stringify(resolved.issues));
  return exitsOf(resolved.value, inside);
}

const number = (digits: string): DialTarget => ({ type: "number", number: digits });
const uri = (text: string): DialTarget => ({ type: "uri", uri: text });
const carrier = (digits: string) => ({ type: "trunk", trunk: "carrier", number: digits, guard: "guarded" });
const gateway = (digits: string) => ({ type: "trunk", trunk: "gateway", number: digits, guard: "until_told" });
const foreign = { type: "host", allowed: false };
const listed = { type: "host", allowed: true };

describe("how a target leaves the server", () => {
  const rows: readonly [target: DialTarget, exit: object | undefined][] = [
    [{ type: "user", user: "desk" }, undefined],
    [{ type: "user", user: "nobody" }, undefined],
    [number("1000"), undefined],
    [number("+10 00"), undefined],
    [number("+44 20-0000"), carrier("44200000")],
    // A number over the trunk, however the URI is written.
    [uri("sip:442000000000@sip.carrier.example"), carrier("442000000000")],
    [uri("SIPS:+44%320@SIP.CARRIER.EXAMPLE.:5090;transport=tcp"), carrier("4420")],
    [uri("sip:44;phone-context=+1@sip.carrier.example"), carrier("44")],
    [uri("sip:44%3Bext=1@sip.carrier.example"), carrier("44")],
    [uri("sip:44@innocent.example;maddr=sip.carrier.example"), carrier("44")],
    [uri("sip:44@[2001:db8::9]:5070"), { type: "trunk", trunk: "old", number: "44", guard: "guarded" }],
    [uri("sip:44@[2001:DB8:0::0009]"), { type: "trunk", trunk: "old", number: "44", guard: "guarded" }],
    [uri("sip:44@[::ffff:127.0.0.1]:5080"), gateway("44")],
    [uri("sip:44@[::ffff:7f00:1]:5080"), gateway("44")],
    [uri("sip:44@LocalHost:5080"), gateway("44")],
    // On this machine it is the port that tells a trunk from others.
    [uri("sip:44@127.0.0.1:5080"), gateway("44")],
    [uri("sip:44@127.0.0.1:5099"), foreign],
    [uri("sip:a@partner.example"), listed],
    [uri("sip:a@sub.partner.example"), foreign],
    [uri("sip:a@partner.example;maddr=192.0.2.66"), foreign],
    [uri("sip:a@198.51.100.77"), listed],
    [uri("sip:a@198.51.101.77"), foreign],
    [uri("sip:a@10.0.0.1"), foreign],
    // Addresses in other words are names, and no names that are listed.
    [uri("sip:a@3325256781"), foreign],
    [uri("sip:a@0x7f.1"), foreign],
    [uri("sip:44@sip.carrier.example:99999"), foreign],
    [uri("tel:+442000000000"), foreign],
  ];
  it.each(rows)("%j: %j", (target, exit) => {
    expect(exits(file, false)(target)).toEqual(exit ?? undefined);
  });

  it("a URI at a trunk's host without a user asks for nothing", () => {
    expect(exits(file, false)(uri("sip:sip.carrier.example"))).toEqual(carrier(""));
  });

  it.each(["127.0.0.1:5099", "localhost", "10.0.0.1", "[fd00::1]"])("%s may be reached while the server listens on this machine only", (host) => {
    expect(exits(file, true)(uri(`sip:a@${host}`))).toEqual(listed);
    expect(exits(file, false)(uri(`sip:a@${host}`))).toEqual(foreign);
  });

  it.each([
    ["127.0.0.1", undefined, "until_told"], ["10.0.0.5", undefined, "until_told"], ["10.0.0.5", false, "guarded"], ["sip.example.com", undefined, "guarded"],
    ["198.51.100.1", undefined, "guarded"], ["sip.example.com", true, "free"],
  ])("a trunk at %s with local %s is %s", (host, local, guard) => {
    const trunk = { name: "t", host, ...(local !== undefined && { local }) };
    expect(exits({ trunks: [trunk] }, false)(number("44"))).toMatchObject({ guard });
  });

  it("without a trunk a number leads nowhere, which the routes tell", () => {
    expect(exits({}, true)(number("442000000000"))).toBeUndefined();
  });
});
