import { describe, expect, it } from "vitest";
import { seededIds, VirtualClock } from "../../base/index.ts";
import { header, noBody, type SipRequest, withHeader } from "../message/message.ts";
import { respondTo } from "../message/respond.ts";
import { createDigestAuthenticator } from "./authenticator.ts";
import { createAuthorizer } from "./authorizer.ts";
import { parseAuth } from "./challenge.ts";
import { type DigestAlgorithm, type DigestInput, digestResponse } from "./digest.ts";

const register: SipRequest = {
  type: "request", method: "REGISTER", uri: "sip:example.com", body: noBody,
  headers: [["Via", "SIP/2.0/UDP a;branch=z9hG4bK1"], ["From", "<sip:a@b>;tag=1"], ["To", "<sip:b@c>"], ["Call-ID", "c"], ["CSeq", "1 REGISTER"]],
};

describe("digestResponse", () => {
  const book = {
    username: "Mufasa", realm: "http-auth@example.org", password: "Circle of Life", method: "GET", uri: "/dir/index.html",
    nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
    qop: { cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", nc: "00000001" },
  };
  it.each<[string, DigestInput, string]>([
    ["RFC 7616 §3.9.1, MD5", { ...book, algorithm: "MD5" }, "8ca523f5e9506fed4657c9700eebdbec"],
    ["RFC 7616 §3.9.1, SHA-256", { ...book, algorithm: "SHA-256" }, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"],
    ["RFC 2617 §3.5", {
      algorithm: "MD5", username: "Mufasa", realm: "testrealm@host.com", password: "Circle Of Life", method: "GET", uri: "/dir/index.html",
      nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093", qop: { cnonce: "0a4f113b", nc: "00000001" },
    }, "6629fae49393a05397450978507c4ef1"],
    ["RFC 2069 §2.4 without qop (as corrected)", {
      algorithm: "MD5", username: "Mufasa", realm: "testrealm@host.com", password: "CircleOfLife", method: "GET", uri: "/dir/index.html",
      nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
    }, "1949323746fe6a43ef61f9606e7febea"],
  ])("%s", (_, input, expected) => expect(digestResponse(input)).toBe(expected));
});

it.each<[string, object | undefined]>([
  ['Digest realm="a, \\"b\\"", nonce=x , qop="auth,auth-int",stale=TRUE', { realm: 'a, "b"', nonce: "x", qop: "auth,auth-int", stale: "TRUE" }],
  ["Digest", {}],
  ['Digest realm="a" nonce="b"', undefined], ['Digest realm="a', undefined], ["Digest realm", undefined], ["", undefined],
  ["Digest nonce=a, nonce=b", undefined],
])("parseAuth %j", (value, expected) => {
  const read = parseAuth(value);
  expect(read && Object.fromEntries(read.params)).toEqual(expected);
});

function setUp(algorithms: readonly DigestAlgorithm[] = ["MD5"]) {
  const clock = new VirtualClock();
  const authenticator = createDigestAuthenticator({
    realm: "home", clock, ids: seededIds(), algorithms, lookup: (name) => ({ alice: "wonder" })[name],
  });
  const challenge = (request: SipRequest) => {
    const result = authenticator.check(request);
    if (result.ok) throw new Error("not challenged");
    return respondTo(request, 401, { headers: result.headers });
  };
  const signed = (request: SipRequest, password = "wonder", username = "alice") =>
    ({ ...request, headers: [...request.headers, ...createAuthorizer({ username, password }, seededIds()).answer(request, challenge(request))!] });
  return { clock, authenticator, challenge, signed };
}

describe("the authenticator", () => {
  it.each<[string, readonly DigestAlgorithm[], string]>([
    ["MD5", ["MD5"], "MD5"], ["SHA-256", ["SHA-256"], "SHA-256"], ["the first of several", ["SHA-256", "MD5"], "SHA-256"],
  ])("takes an answer by %s", (_, algorithms, used) => {
    const { authenticator, signed } = setUp(algorithms);
    const request = signed(register);
    expect(header(request, "Authorization")).toContain(`algorithm=${used}`);
    expect(authenticator.check(request)).toEqual({ ok: true, username: "alice" });
  });

  it.each<[string, (request: SipRequest) => SipRequest]>([
    ["a wrong password", () => setUp().signed(register, "wrong")],
    ["another method", (request) => ({ ...request, method: "INVITE" })],
    ["another target", (request) => ({ ...request, uri: "sip:elsewhere.example" })],
    ["another realm", (request) => edited(request, 'realm="home"', 'realm="away"')],
    ["another user", (request) => edited(request, 'username="alice"', 'username="bob"')],
    ["a count that was changed", (request) => edited(request, "nc=00000001", "nc=00000002")],
    ["a qop nobody offered", (request) => edited(request, "qop=auth", "qop=auth-int")],
    ["no Digest", (request) => ({ ...request, headers: withHeader(request.headers, "Authorization", "Basic YTpi") })],
    ["garbage", (request) => ({ ...request, headers: withHeader(request.headers, "Authorization", 'Digest "') })],
  ])("challenges %s, without calling the nonce stale", (_, change) => {
    const { authenticator, signed } = setUp();
    const result = authenticator.check(change(signed(register)));
    expect(result).toMatchObject({ ok: false, status: 401, stale: false });
    expect(result.ok ? [] : result.headers[0]).toEqual(["WWW-Authenticate", expect.stringMatching(/^Digest realm="home", nonce="[^"]+", algorithm=MD5, qop="auth"$/)]);
  });

  it("refuses a nonce that is used a second time with the same count, and calls it stale", () => {
    const { authenticator, signed } = setUp();
    const request = signed(register);
    expect(authenticator.check(request).ok).toBe(true);
    expect(authenticator.check(request)).toMatchObject({ ok: false, stale: true });
  });

  it("lets a nonce be used with a rising count", () => {
    const { authenticator, challenge } = setUp();
    const nonce = parseAuth(header(challenge(register), "WWW-Authenticate")!)!.params.get("nonce")!;
    const at = (nc: string) => {
      const qop = { cnonce: "x", nc };
      const response = digestResponse({ algorithm: "MD5", username: "alice", realm: "home", password: "wonder", method: "REGISTER", uri: register.uri, nonce, qop });
      const value = `Digest username="alice", realm="home", nonce="${nonce}", uri="${register.uri}", response="${response}", qop=auth, nc=${nc}, cnonce="x"`;
      return authenticator.check({ ...register, headers: [...register.headers, ["Authorization", value]] }).ok;
    };
    expect(["00000001", "00000002", "0000000a", "00000002", "0000000a", "0000000b"].map(at)).toEqual([true, true, true, false, false, true]);
  });

  it("calls a nonce stale when its time is over, or when it is of before a restart", () => {
    const { clock, authenticator, signed } = setUp();
    const request = signed(register);
    expect(createDigestAuthenticator({ realm: "home", clock, ids: seededIds(9), lookup: () => "wonder" }).check(request)).toMatchObject({ ok: false, stale: true });
    return clock.advance(300_000).then(() => expect(authenticator.check(request)).toMatchObject({ ok: false, stale: true }));
  });
});

const edited = (request: SipRequest, from: string, to: string): SipRequest =>
  ({ ...request, headers: withHeader(request.headers, "Authorization", header(request, "Authorization")!.replace(from, to)) });

describe("the authorizer", () => {
  const challenge = (nonce: string, extra = "", status: 401 | 407 = 401, realm = "r") => respondTo(register, status, {
    headers: [[status === 401 ? "WWW-Authenticate" : "Proxy-Authenticate", `Digest realm="${realm}", nonce="${nonce}"${extra}`]],
  });
  const authorizer = () => createAuthorizer({ username: "u", password: "p" }, seededIds());

  it("answers each nonce once, a new one of the same realm only when the old was stale", () => {
    const answering = authorizer();
    expect(answering.answer(register, challenge("1"))).toHaveLength(1);
    expect(answering.answer(register, challenge("1"))).toBeUndefined();
    expect(answering.answer(register, challenge("2"))).toBeUndefined();
    expect(answering.answer(register, challenge("3", ", stale=true"))).toHaveLength(1);
  });

  it("comes to an end with a server that calls every nonce stale", () => {
    const answering = authorizer();
    const answers = Array.from({ length: 20 }, (_, index) => answering.answer(register, challenge(String(index), ", stale=true")));
    expect(answers.filter((answer) => answer)).toHaveLength(4);
  });

  it("keeps the credentials for the proxy when the server asks, too", () => {
    const answering = authorizer();
    expect(answering.answer(register, challenge("1", "", 407, "proxy"))?.map(([name]) => name)).toEqual(["Proxy-Authorization"]);
    expect(answering.answer(register, challenge("2"))?.map(([name]) => name)).toEqual(["Proxy-Authorization", "Authorization"]);
  });

  it.each([
    ["an unknown algorithm", challenge("1", ", algorithm=SHA-512-256")], ["another qop alone", challenge("1", ', qop="auth-int"')],
    ["no challenge", respondTo(register, 401)], ["another status", respondTo(register, 403)],
  ])("gives up at %s", (_, response) => expect(authorizer().answer(register, response)).toBeUndefined());

  it("gives back what the challenge said: opaque, algorithm, and no qop where there was none", () => {
    const [line] = authorizer().answer(register, challenge("1", ', opaque="o", algorithm=md5'))!;
    const { params } = parseAuth(line![1])!;
    expect(params.get("opaque")).toBe("o");
    expect(params.get("algorithm")).toBe("md5");
    expect(params.has("qop") || params.has("nc")).toBe(false);
  });
});
