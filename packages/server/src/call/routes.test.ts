import { describe, expect, it } from "vitest";
import type { DialTarget } from "./dialler.ts";
import { createRoutes, type TrunkRoute } from "./routes.ts";

const source = { transport: "udp", host: "127.0.0.1", port: 5099 } as const;
const mobile = { uri: "sip:alice@10.0.0.7:5071;ob", source };
const desk = { uri: "sip:alice@10.0.0.8:5072", source: { ...source, port: 5100 } };
const trunks: readonly TrunkRoute[] = [
  { name: "first", host: "gw.example.com", port: 5060, transport: "tcp", username: "acct", password: "secret" },
  { name: "second", host: "other.example.com", port: 5060, transport: "udp" },
];
const phones = [{ username: "alice", number: "+91 80 1000" }, { username: "1002" }, { username: "10-03" }];
const registered = new Map([["alice", [mobile, desk]], ["1002", []], ["10-03", [mobile, desk]]]);
const contacts = (username: string) => registered.get(username) ?? [];

const number = (number: string): DialTarget => ({ type: "number", number });
const user = (user: string): DialTarget => ({ type: "user", user });
const uri = (uri: string): DialTarget => ({ type: "uri", uri });

describe("routes", () => {
  const routes = createRoutes({ phones, contacts, trunks });
  const peer = { type: "phone" };
  const bothContacts = [{ uri: mobile.uri, nextHop: source, peer }, { uri: desk.uri, nextHop: desk.source, peer }];

  it.each([
    ["a phone's number", number("91801000")],
    ["a phone's number, written otherwise", number("+91-80-1000")],
    ["a phone's user name", user("alice")],
    ["a user name that looks like a number", user("10-03")],
  ])("lead %s to every contact of the phone", (_, target) => {
    expect(routes(target)).toMatchObject({ found: true, destinations: bothContacts });
  });

  it.each([
    ["a phone that is not registered, by number", number("1002"), "peer"],
    ["a phone that is not registered, by name", user("1002"), "peer"],
    ["a user nobody knows", user("nobody"), "us"],
    ["no number at all", number("+"), "us"],
    ["a URI with a line of its own", uri("sip:bob@example.com\r\nRoute: x"), "us"],
  ])("find %s unreachable", (_, target, who) => {
    expect(routes(target)).toEqual({ found: false, cause: { reason: "unreachable", who, ...(who === "peer" && { sipStatus: 480 }) } });
  });

  it("lead any other number to the first trunk, with its credentials", () => {
    const destination = {
      uri: "sip:14155552671@gw.example.com:5060;transport=tcp",
      fromHost: "gw.example.com",
      nextHop: { transport: "tcp", host: "gw.example.com", port: 5060 },
      credentials: { username: "acct", password: "secret" },
      peer: { type: "trunk", name: "first" },
    };
    expect(routes(number("+1 415 555 2671"))).toEqual({ found: true, destinations: [destination] });
  });

  it.each(["sip:bob@example.com:5080;transport=tcp", "sips:bob@example.com"])("leave the URI %s as it is", (target) => {
    expect(routes(uri(target))).toEqual({ found: true, destinations: [{ uri: target }] });
  });

  it("find nothing without a trunk", () => {
    const alone = createRoutes({ phones, contacts, trunks: [] });
    expect(alone(number("14155552671"))).toEqual({ found: false, cause: { reason: "unreachable", who: "us" } });
  });
});
