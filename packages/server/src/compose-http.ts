import type { HttpOptions } from "./api/index.ts";
import type { Clock } from "./base/index.ts";
import { renewable, type Renewable } from "./compose-renewal.ts";
import { readCertificate } from "./compose-tls.ts";
import type { Config } from "./config/index.ts";

export interface Http {
  readonly options: HttpOptions;
  /** Its certificate; absent: it is served without TLS. */
  readonly certificate?: Renewable<Certificate>;
}

type Certificate = NonNullable<HttpOptions["certificate"]>;

/** How the API is served. Fails with `bad_configuration` when its certificate or key cannot be used. */
export async function httpOf({ http }: Pick<Config, "http">, clock: Clock): Promise<Http> {
  const { tls, rate, body_kb: bodyKb, proxies } = http;
  const certificate = tls && (await renewable("http.tls", clock, (tell) => readCertificate(tls, "http.tls", clock, tell)));
  const options: HttpOptions = {
    ...(certificate && { certificate: certificate.value, renewals: certificate.renewals }),
    ...(rate && { rate }),
    ...(bodyKb !== undefined && { bodyBytes: bodyKb * 1024 }),
    ...(proxies && { proxies }),
  };
  return { options, ...(certificate && { certificate }) };
}
