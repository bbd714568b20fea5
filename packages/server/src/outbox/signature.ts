import { createHmac } from "node:crypto";

/** What an app's receiver proves a webhook's origin by: the newest secret first. While one is replaced there are two. */
export type WebhookSecrets = readonly string[];

/**
 * The headers that sign a body as it is sent: `Piopiy-Signature: t=<seconds>,v1=<hex>`, with HMAC-SHA256 of
 * `<seconds>.<body>`, once for every secret. None without a secret.
 */
export function signatureHeaders(secrets: WebhookSecrets, raw: string, nowMs: number): Readonly<Record<string, string>> {
  if (secrets.length === 0) return {};
  const seconds = Math.floor(nowMs / 1000);
  const signatures = secrets.map((secret) => `v1=${createHmac("sha256", secret).update(`${seconds}.${raw}`).digest("hex")}`);
  return { "piopiy-signature": [`t=${seconds}`, ...signatures].join(",") };
}
