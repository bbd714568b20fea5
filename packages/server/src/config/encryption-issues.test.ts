import { describe, expect, it } from "vitest";
import { resolveConfig } from "./resolve.ts";

const resolved = (config: object) => resolveConfig(JSON.stringify(config), {}, {}, 2);
const trunk = { name: "carrier", host: "sip.carrier.example", local: true };
const phones = [{ username: "alice", password: "a password" }];
const tls = { cert: "cert.pem", key: "key.pem" };
const paths = (issues: readonly { readonly path: string }[]) => issues.map(({ path }) => path);

describe("encryption that is required", () => {
  it.each([
    ["of a trunk without TLS", { trunks: [{ ...trunk, encryption: "required" }] }, ["/trunks/0/transport"]],
    ["of everybody, with a trunk without TLS", { media: { encryption: "required" }, trunks: [trunk, { ...trunk, name: "other", encryption: "off" }] }, ["/trunks/0/transport"]],
    ["of a trunk over TLS", { trunks: [{ ...trunk, transport: "tls", encryption: "required" }] }, []],
    ["of a trunk whose keys may be read", { media: { sdes_without_tls: true }, trunks: [{ ...trunk, encryption: "required" }] }, []],
    ["of a trunk that agrees on keys by DTLS", { trunks: [{ ...trunk, encryption: "required", keying: "dtls" }] }, []],
    ["of everybody, who agree on keys by DTLS", { media: { encryption: "required", keying: "dtls" }, trunks: [trunk] }, []],
    ["of everybody but one trunk by DTLS", { media: { encryption: "required", keying: "dtls" }, trunks: [{ ...trunk, keying: "sdes" }] }, ["/trunks/0/transport"]],
    ["with keys by another word", { media: { keying: "zrtp" } }, ["/media/keying"]],
    ["by another word", { media: { encryption: "mandatory" } }, ["/media/encryption"]],
  ])("%s", (_, config, expected) => {
    const result = resolved(config);
    expect(result.ok ? [] : paths(result.issues)).toEqual(expected);
  });

  it.each([
    ["phones that cannot come over TLS", { media: { encryption: "required" }, phones }, ["/media/encryption"]],
    ["phones over TLS", { media: { encryption: "required" }, phones, sip: { tls } }, []],
    ["phones that agree on keys by DTLS", { media: { encryption: "required", keying: "dtls" }, phones }, []],
    ["browsers over TLS", { media: { encryption: "required" }, phones, sip: { tls: { ...tls, port: false }, ws: { port: 8443, secure: true } } }, []],
    ["keys that may be read", { media: { sdes_without_tls: true } }, ["/media/sdes_without_tls"]],
    ["keys that may be read, where nothing is encrypted", { media: { sdes_without_tls: true, encryption: "off" } }, []],
    ["what there is unless told", { phones, trunks: [trunk] }, []],
  ])("warns of %s", (_, config, expected) => {
    const result = resolved(config);
    expect(result.ok ? paths(result.warnings) : result.issues).toEqual(expected);
  });
});
