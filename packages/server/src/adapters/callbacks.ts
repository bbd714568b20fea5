import { text, utf8 } from "../base/index.ts";
import type { JsonPost } from "../interpreter/index.ts";
import type { SafeFetch } from "./http-fetch.ts";

const TIMEOUT_MS = 10_000;
const MAXIMUM_BYTES = 1 << 20;
/** As much of a reply as is read where only its status counts. */
const STATUS_ONLY_BYTES = 1 << 16;

/** Posts what happens in a call to the application's addresses, as JSON. Redirects are a reply like any other. */
export function jsonPost(fetch: SafeFetch): JsonPost {
  return {
    async post(url, body, signal, { headersOf, statusOnly = false } = {}) {
      const raw = JSON.stringify(body);
      const response = await fetch.request(
        url,
        {
          method: "POST",
          headers: { "content-type": "application/json", accept: "application/json", ...headersOf?.(raw) },
          body: utf8(raw),
          timeoutMs: TIMEOUT_MS,
          ...(statusOnly ? { maxBytes: STATUS_ONLY_BYTES, beyond: "cut" } : { maxBytes: MAXIMUM_BYTES }),
        },
        signal,
      );
      return { status: response.status, body: text(response.body) };
    },
  };
}
