import { nearest, type Issue } from "@piopiy/pcmo";

/** One setting that can be given by the environment or by a flag, over the file. */
export interface Setting {
  /** Where it stands in the file. */
  readonly path: readonly [string] | readonly [string, string];
  readonly env: string;
  /** As written on the command line. */
  readonly flag: string;
  /** As a parser of options names it. */
  readonly option: string;
  readonly about: string;
}

/** Every setting a flag exists for. */
export const settings: readonly Setting[] = [
  setting("http", "host", "address the API listens on"),
  setting("http", "port", "port of the API (0: any free one)"),
  setting("sip", "host", "address SIP listens on"),
  setting("sip", "udp", "UDP port of SIP (0: any free one; off)"),
  setting("sip", "tcp", "TCP port of SIP (0: any free one; off)"),
  setting("media", "host", "address RTP is received on"),
  setting("media", "ports", "UDP ports of RTP, as 20000-29999"),
  setting("media", "folder", "folder of the files that flows name"),
  setting("media", "workers", "number of media threads"),
  setting("media", "pump", "packets by the native pump: auto, off"),
  { path: ["drain"], env: "PIOPIY_DRAIN", flag: "--drain", option: "drain", about: "seconds that calls may go on for after SIGTERM" },
  { path: ["data"], env: "PIOPIY_DATA", flag: "--data", option: "data", about: "folder of the database and the recordings" },
];

/** The environment variable and the flag's option that name the file itself. */
export const fileSetting = { env: "PIOPIY_CONFIG", flag: "--config", option: "config", about: "configuration file" } as const;

// Read by others: the SDK.
const foreign = ["PIOPIY_BASE_URL"];

function setting(section: string, key: string, about: string): Setting {
  const env = `PIOPIY_${section.toUpperCase()}_${key.toUpperCase()}`;
  const option = section + key.charAt(0).toUpperCase() + key.slice(1);
  return { path: [section, key], env, flag: `--${section}-${key}`, option, about };
}

export type Environment = Readonly<Record<string, string | undefined>>;
/** Values of flags by their option names, for example `{ httpPort: "0" }`. Others are not looked at. */
export type Flags = Readonly<Record<string, unknown>>;

export interface Overlaid {
  readonly value: Readonly<Record<string, unknown>>;
  /** Which flag or variable a value came from, by JSON pointer. */
  readonly sources: ReadonlyMap<string, string>;
}

/** The file's content with the environment laid over it, and the flags over both. */
export function overlay(file: Readonly<Record<string, unknown>>, env: Environment, flags: Flags): Overlaid {
  const value: Record<string, unknown> = { ...file };
  const sources = new Map<string, string>();
  for (const { path, env: variable, flag, option } of settings) {
    const fromFlag = flags[option];
    const given = fromFlag ?? (env[variable] === "" ? undefined : env[variable]);
    if (given === undefined) continue;
    sources.set(`/${path.join("/")}`, fromFlag === undefined ? variable : flag);
    put(value, path, path[1] === "ports" ? range(given) : given);
  }
  return { value, sources };
}

function put(value: Record<string, unknown>, [section, key]: Setting["path"], given: unknown): void {
  if (key === undefined) {
    value[section] = given;
    return;
  }
  const inside = value[section] ?? {};
  // A section of the wrong type stays as it is: the schema says what is wrong with it.
  if (typeof inside === "object" && !Array.isArray(inside)) value[section] = { ...inside, [key]: given };
}

// "20000-29999", as it is written where there are no lists.
function range(given: unknown): unknown {
  return typeof given === "string" ? given.split("-") : given;
}

/** Warnings for variables that look like ours and are not. */
export function unknownVariables(env: Environment): readonly Issue[] {
  const known = [...settings.map((one) => one.env), fileSetting.env, ...foreign];
  return Object.keys(env)
    .filter((name) => name.startsWith("PIOPIY_") && !known.includes(name))
    .map((name) => {
      const bare = (variable: string) => variable.replace("PIOPIY_", "");
      const near = nearest(bare(name), known.map(bare));
      const hint = near === undefined ? "" : `; did you mean PIOPIY_${near}?`;
      return { path: "", message: `the environment variable ${name} is not known and is ignored${hint}` };
    });
}
