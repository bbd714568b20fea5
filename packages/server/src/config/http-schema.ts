import { mustBe, strictFields, text, wholeNumber } from "@piopiy/pcmo";
import * as v from "valibot";
import { cidrList, host, hostsOrBlocks } from "./schema-parts.ts";

const file = (about: string) => text(1, 1024, about);

const tls = strictFields({
  cert: file("A file with our certificate and those between it and its authority, as PEM"),
  key: file("A file with the certificate's private key, as PEM without a passphrase"),
});

const rate = strictFields({
  app: v.optional(wholeNumber(1, 100_000, "Requests an app may make in a second; twice as many at once"), 1000),
  address: v.optional(wholeNumber(1, 100_000, "Requests that may come from one address in a second; twice as many at once"), 1000),
  bad_credentials: v.optional(wholeNumber(1, 10_000, "Wrong credentials that may come from one address in a minute"), 30),
});

export const http = strictFields({
  host: v.optional(host("Where the API listens"), "127.0.0.1"),
  port: v.optional(wholeNumber(0, 65_535, "The port of the API; 0 takes any free one"), 8080),
  tls: v.exactOptional(tls),
  rate: v.exactOptional(rate),
  body_kb: v.exactOptional(wholeNumber(16, 16_384, "The largest body that is taken, in KiB; 1024 when absent")),
  proxies: v.exactOptional(v.pipe(cidrList("Proxies whose X-Forwarded-For is believed"), v.minLength(1, mustBe("a list of at least one address")))),
});

/** Where the server goes by itself. */
export const urls = strictFields({
  allow: hostsOrBlocks("Hosts that URLs may point to although they are private"),
});

