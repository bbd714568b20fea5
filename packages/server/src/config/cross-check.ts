import type { Issue } from "@piopiy/pcmo";
import { encryptionIssues } from "./encryption-issues.ts";
import type { CheckedConfig } from "./schema.ts";

/** What is wrong between the parts: names twice, apps that are not there, flows that are missing or given twice. */
export function crossCheck(config: CheckedConfig): readonly Issue[] {
  return [
    ...twice("appid", config.apps.map(({ appid }, index) => [appid, `/apps/${index}/appid`])),
    ...twice("name", config.trunks.map(({ name }, index) => [name, `/trunks/${index}/name`])),
    ...twice("username", config.phones.map(({ username }, index) => [username, `/phones/${index}/username`])),
    ...twice("number", allNumbers(config)),
    ...config.numbers.flatMap((route, index) => routeIssues(config, route, `/numbers/${index}`)),
    ...config.trunks.flatMap((trunk, index) => trunkIssues(trunk, `/trunks/${index}`)),
    ...(config.speech.provider === "openai" && config.speech.base_url === undefined
      ? [{ path: "/speech/base_url", message: "is missing; the provider openai needs the address of a service" }]
      : []),
    ...sipIssues(config),
    ...encryptionIssues(config),
  ];
}

function sipIssues({ sip: { udp, tcp, tls, ws } }: CheckedConfig): readonly Issue[] {
  const ports = [udp, tcp, tls?.port ?? false, ws?.port ?? false];
  return [
    ...(ports.every((port) => port === false) ? [{ path: "/sip", message: "must have udp or tcp; both are off, and no call could be made" }] : []),
    ...(ws?.secure && !tls ? [{ path: "/sip/tls", message: "is missing; ws with secure needs its certificate" }] : []),
  ];
}

// One number leads to one place: a flow or a phone.
function allNumbers(config: CheckedConfig): readonly (readonly [string, string])[] {
  const routes = config.numbers.map(({ number }, index) => [number, `/numbers/${index}/number`] as const);
  const phones = config.phones.flatMap(({ number }, index) => (number === undefined ? [] : [[number, `/phones/${index}/number`] as const]));
  return [...routes, ...phones];
}

function twice(what: string, values: readonly (readonly [string, string])[]): readonly Issue[] {
  const first = new Map<string, string>();
  return values.flatMap(([value, path]) => {
    const earlier = first.get(value);
    if (earlier !== undefined) return [{ path, message: `must be another than ${earlier}: every ${what} stands once` }];
    first.set(value, path);
    return [];
  });
}

type Route = CheckedConfig["numbers"][number];

function routeIssues(config: CheckedConfig, route: Route, path: string): readonly Issue[] {
  const issues: Issue[] = [];
  const app = appOf(config, route);
  if (route.app !== undefined && app === undefined) {
    issues.push({ path: `${path}/app`, message: "must be the appid of one of the apps; there is none with this one" });
  }
  if (route.app === undefined && config.apps.length > 1) {
    issues.push({ path: `${path}/app`, message: "is missing; must be the appid of one of the apps, as there are several" });
  }
  if (route.answer_url !== undefined && route.pcmo !== undefined) {
    issues.push({ path, message: "must have either answer_url or pcmo; got both" });
  }
  if (route.answer_url === undefined && route.pcmo === undefined && app?.answer_url === undefined) {
    issues.push({ path, message: "must have either answer_url or pcmo (or an app with an answer_url); got neither" });
  }
  return issues;
}

/** The app of a number: the one it names, or the only one there is. */
export function appOf(config: CheckedConfig, route: Route): CheckedConfig["apps"][number] | undefined {
  if (route.app === undefined) return config.apps.length === 1 ? config.apps[0] : undefined;
  return config.apps.find(({ appid }) => appid === route.app);
}

function trunkIssues(trunk: CheckedConfig["trunks"][number], path: string): readonly Issue[] {
  const missing = (key: string, why: string) => [{ path: `${path}/${key}`, message: `is missing; ${why}` }];
  if (trunk.username !== undefined && trunk.password === undefined) return missing("password", "a username needs one");
  if (trunk.password !== undefined && trunk.username === undefined) return missing("username", "a password needs one");
  if (trunk.tls && trunk.transport !== "tls") return [{ path: `${path}/tls`, message: "is only for the transport tls" }];
  if (trunk.register && trunk.username === undefined) return missing("username", "a trunk with register needs one");
  return [];
}
