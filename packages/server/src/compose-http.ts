import type { HttpOptions } from "./api/index.ts";
import type { Clock } from "./base/index.ts";
import { readCertificate } from "./compose-tls.ts";
import type { Config } from "./config/index.ts";

/** How the API is served. Fails with `bad_configuration` when its certificate or key cannot be used. */
export async function httpOf({ http }: Pick<Config, "http">, clock: Clock): Promise<HttpOptions> {
  const { tls, rate, body_kb: bodyKb, proxies } = http;
  return {
    ...(tls && { certificate: await readCertificate(tls, "http.tls", clock) }),
    ...(rate && { rate }),
    ...(bodyKb !== undefined && { bodyBytes: bodyKb * 1024 }),
    ...(proxies && { proxies }),
  };
}
