import { text, utf8 } from "../base/index.ts";
import type { CallbackPort } from "../interpreter/index.ts";
import type { SafeFetch } from "./http-fetch.ts";

const TIMEOUT_MS = 10_000;
const MAXIMUM_BYTES = 1 << 20;

/** Posts what happens in a flow to the application's addresses, as JSON. */
export function callbackPort(fetch: SafeFetch): CallbackPort {
  return {
    async post(url, body, signal) {
      const response = await fetch.request(
        url,
        {
          method: "POST",
          headers: { "content-type": "application/json", accept: "application/json" },
          body: utf8(JSON.stringify(body)),
          timeoutMs: TIMEOUT_MS,
          maxBytes: MAXIMUM_BYTES,
        },
        signal,
      );
      return { status: response.status, body: text(response.body) };
    },
  };
}
