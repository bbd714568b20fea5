import type { Config } from "./config/index.ts";

/** Every secret of the configuration: what the log must not contain. */
export function secretsOf({ apps, phones, trunks, speech }: Pick<Config, "apps" | "phones" | "trunks" | "speech">): readonly string[] {
  return [
    ...apps.flatMap(({ secret, webhook_secrets: signing }) => [secret, ...(signing ?? [])]),
    ...phones.map(({ password }) => password),
    ...trunks.flatMap(({ password }) => password ?? []),
    ...(speech.api_key === undefined ? [] : [speech.api_key]),
  ];
}
