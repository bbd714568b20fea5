import type { Config } from "./config/index.ts";

/** Every secret of the configuration: what the log must not contain. */
export function secretsOf(config: Pick<Config, "apps" | "numbers" | "phones" | "trunks" | "speech">): readonly string[] {
  const { apps, numbers, phones, trunks, speech } = config;
  return [
    ...apps.flatMap(({ secret, webhook_secrets: signing }) => [secret, ...(signing ?? [])]),
    ...phones.map(({ password }) => password),
    ...trunks.flatMap(({ password }) => password ?? []),
    ...(speech.api_key === undefined ? [] : [speech.api_key]),
    ...[...apps, ...numbers, speech].flatMap((one) => Object.entries(one).flatMap(([name, value]) => (name.endsWith("_url") ? passwordIn(value) : []))),
  ];
}

/** `https://user:password@host/`, as it stands there. */
function passwordIn(url: unknown): readonly string[] {
  const password = typeof url === "string" && URL.canParse(url) ? new URL(url).password : "";
  return password === "" ? [] : [password];
}
