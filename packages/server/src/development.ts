import { parseFlow } from "@piopiy/pcmo";
import type { Ids } from "./base/index.ts";
import type { Config } from "./config/index.ts";
import { developmentApp, settingOr, type Store } from "./store/index.ts";

/** The number of the development phone, and one that it can call. */
export const DEVELOPMENT_PHONE = { username: "phone", number: "1000" } as const;
export const DEVELOPMENT_NUMBER = "1001";

const GREETING = [{ action: "speak", text: "Hello. This is your own voice server. Goodbye." }];

/**
 * Without apps in the configuration there is one for development, and without phones, too, one phone and one number
 * to call. Their secrets are made once and kept in the database, so that what was printed stays true.
 */
export async function withDevelopment(config: Config, store: Store, ids: Ids): Promise<Config> {
  if (config.apps.length > 0) return config;
  const app = await developmentApp(store, ids);
  const apps = [app];
  const numbers = config.numbers.map((number) => ({ ...number, app: number.app ?? app.appid }));
  if (config.phones.length > 0 || config.trunks.length > 0) return { ...config, apps, numbers };
  const password = await store.write((db) => settingOr(db, "development.phone.password", ids.token(12)));
  const greeting = parseFlow(GREETING);
  const hello = greeting.ok ? [{ number: DEVELOPMENT_NUMBER, app: app.appid, pcmo: greeting.value }] : [];
  const free = config.numbers.every(({ number }) => number !== DEVELOPMENT_NUMBER);
  return {
    ...config,
    apps,
    numbers: free ? [...numbers, ...hello] : numbers,
    phones: [{ ...DEVELOPMENT_PHONE, password }],
  };
}
