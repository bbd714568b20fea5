import { createHmac } from "node:crypto";

/** What an app's receiver proves a webhook's origin by: the newest secret first. While one is replaced there are two. */
export type WebhookSecrets = readonly string[];

/**
 * The signature of a text as it is sent: `t=<seconds>,v1=<hex>`, with HMAC-SHA256 of `<seconds>.<text>`, once for every
 * secret. None without a secret.
 */
export function signatureOf(secrets: WebhookSecrets, text: string, nowMs: number): string | undefined {
  if (secrets.length === 0) return undefined;
  const seconds = Math.floor(nowMs / 1000);
  const signatures = secrets.map((secret) => `v1=${createHmac("sha256", secret).update(`${seconds}.${text}`).digest("hex")}`);
  return [`t=${seconds}`, ...signatures].join(",");
}

/** The headers that sign a body as it is sent: `Piopiy-Signature`. None without a secret. */
export function signatureHeaders(secrets: WebhookSecrets, raw: string, nowMs: number): Readonly<Record<string, string>> {
  const signature = signatureOf(secrets, raw, nowMs);
  return signature === undefined ? {} : { "piopiy-signature": signature };
}
