export { createOutbox, type Outbox, type OutboxOptions } from "./outbox.ts";
export type { PostWebhook } from "./attempt.ts";
export { signatureHeaders, signatureOf, type WebhookSecrets } from "./signature.ts";
