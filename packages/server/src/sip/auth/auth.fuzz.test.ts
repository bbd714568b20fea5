import { expect, it } from "vitest";
import { seededIds, text, VirtualClock } from "../../base/index.ts";
import { fuzz } from "../../fuzz.test.support.ts";
import type { SipRequest } from "../message/message.ts";
import { createDigestAuthenticator } from "./authenticator.ts";
import { parseAuth } from "./challenge.ts";

const right = 'Digest username="alice", realm="piopiy", nonce="n", uri="sip:example.com", response="8ca523f5e9506fed4657c9700eebdbec", algorithm=MD5, qop=auth, nc=00000001, cnonce="c", opaque="o"';
const words = ["Digest ", "Basic ", "username=", "realm=\"piopiy\"", "nonce=", "qop=auth-int", "algorithm=SHA-256", "algorithm=MD5-sess", "\\", "\"", ",", "=", "stale=true", "nc=ffffffff"];

it("credentials of a stranger are read or refused, never taken, and leave nothing behind", async () => {
  const clock = new VirtualClock();
  const authenticator = createDigestAuthenticator({
    realm: "piopiy", clock, ids: seededIds(7), algorithms: ["MD5", "SHA-256"], lookup: (name) => (name === "alice" ? "a secret" : undefined),
  });
  const nonce = /nonce="([^"]+)"/;
  const report = await fuzz({
    name: "digest", seeds: [right, right.replace("MD5", "SHA-256"), 'Digest username="alice", realm="piopiy"', "Basic YTpi"], words,
    run(input) {
      const value = text(input);
      const parsed = parseAuth(value);
      const request = (line: string): SipRequest => ({
        type: "request", method: "REGISTER", uri: "sip:example.com", headers: [["Authorization", line]], body: new Uint8Array(),
      });
      const first = authenticator.check(request(value));
      if (first.ok) throw new Error("credentials that nobody made were taken");
      // The same once more, with a nonce of ours.
      const ours = nonce.exec(first.headers[0]?.[1] ?? "")?.[1] ?? "";
      const second = authenticator.check(request(value.replace(nonce, `nonce="${ours}"`)));
      if (second.ok) throw new Error("credentials with a nonce of ours were taken");
      return `${parsed?.scheme === "digest"} ${parsed?.params.size} ${first.stale} ${second.stale}`;
    },
  });
  expect(report.outcomes).toBeGreaterThan(3);
}, 300_000);
