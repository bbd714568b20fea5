import { createHash, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { randomIds } from "../base/index.ts";
import { createIdentity, publicKeyOf } from "./certificate.ts";
import { fingerprintOf, isAnnounced, isUsable } from "./fingerprint.ts";

const { certificate } = createIdentity(randomIds);
const of = (algorithm: string) => (createHash(algorithm).update(certificate).digest("hex").match(/../g) ?? []).join(":");

describe("our certificate", () => {
  it("is one of P-256 that its own key has signed", () => {
    const parsed = new X509Certificate(certificate);
    expect(parsed.verify(parsed.publicKey)).toBe(true);
    expect(parsed.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: "prime256v1" });
    expect(parsed.subject).toBe(parsed.issuer);
    expect(Number.parseInt(parsed.validTo.split(" ").at(-2) ?? "", 10)).toBe(9999);
  });

  it("has the fingerprint that others compute of it", () => {
    expect(fingerprintOf(certificate)).toEqual({ hash: "sha-256", value: new X509Certificate(certificate).fingerprint256 });
  });

  it("is none when it is garbage", () => {
    expect(publicKeyOf(certificate.subarray(1))).toBeUndefined();
  });
});

describe("a fingerprint", () => {
  const wrong = of("sha256").replace(/^../, (octet) => (octet === "00" ? "01" : "00"));
  it.each([
    ["sha-256", [{ hash: "sha-256", value: of("sha256") }], true],
    ["upper case, as some write both", [{ hash: "SHA-256", value: of("sha256").toUpperCase() }], true],
    ["sha-1", [{ hash: "sha-1", value: of("sha1") }], true],
    ["sha-384", [{ hash: "sha-384", value: of("sha384") }], true],
    ["sha-512", [{ hash: "sha-512", value: of("sha512") }], true],
    ["one of several (RFC 8122 §5.1)", [{ hash: "sha-256", value: wrong }, { hash: "sha-256", value: of("sha256") }], true],
    ["the strongest counts", [{ hash: "sha-1", value: of("sha1") }, { hash: "sha-256", value: wrong }], false],
    ["an unknown one is passed over", [{ hash: "sha3-512", value: wrong }, { hash: "sha-256", value: of("sha256") }], true],
    ["another certificate's", [{ hash: "sha-256", value: wrong }], false],
    ["the hash of another function", [{ hash: "sha-256", value: of("sha1") }], false],
    ["md5, which is broken", [{ hash: "md5", value: of("md5") }], false],
    ["no octets", [{ hash: "sha-256", value: "" }], false],
    ["half of it", [{ hash: "sha-256", value: of("sha256").slice(0, 47) }], false],
    ["a name of JavaScript's objects", [{ hash: "constructor", value: of("sha256") }], false],
    ["none", [], false],
  ] as const)("%s", (_name, announced, matches) => {
    expect(isAnnounced(certificate, announced)).toBe(matches);
  });

  it("of a hash function that is not trusted is of no use", () => {
    expect(["sha-256", "SHA-1", "md5", "md2", "__proto__"].map((hash) => isUsable({ hash, value: "" }))).toEqual([true, true, false, false, false]);
  });
});
