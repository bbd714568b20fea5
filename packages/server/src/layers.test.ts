import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const src = import.meta.dirname;

/** Which layer may import which: the table of docs/architecture.md. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  base: [],
  audio: ["base"],
  rtp: ["base"],
  dtls: ["base", "rtp"],
  sdp: ["base"],
  sip: ["base"],
  config: ["base", "@piopiy/pcmo"],
  doctor: ["base", "config"],
  media: ["base", "audio", "rtp", "sdp"],
  call: ["base", "audio", "dtls", "sip", "sdp", "media"],
  phone: ["base", "audio", "dtls", "sip", "sdp", "media", "call"],
  interpreter: ["base", "audio", "call", "@piopiy/pcmo"],
  simulator: ["base", "audio", "media", "call", "interpreter", "@piopiy/pcmo"],
  adapters: ["base", "audio", "interpreter", "@piopiy/pcmo"],
  store: ["base", "@piopiy/pcmo"],
  outbox: ["base", "store"],
  control: ["base", "call", "interpreter", "store", "outbox", "@piopiy/pcmo"],
  api: ["base", "call", "interpreter", "simulator", "store", "control", "@piopiy/pcmo"],
};

interface Import {
  readonly file: string;
  readonly from: string;
}

function importsOf(folder: string): readonly Import[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => {
      const file = join(folder, name);
      const text = readFileSync(file, "utf8");
      const found = text.matchAll(/^(?:import|export)\b[^;]*?\bfrom\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm);
      return [...found].map((match) => ({ file, from: match[1] ?? match[2] ?? match[3] ?? "" }));
    });
}

/** What an import breaks, or nothing. Tests may also use the simulator and the layers they put together. */
function violation(layer: string, { file, from }: Import): string | undefined {
  const may = allowed[layer] ?? [];
  const where = `${relative(src, file)} imports ${from}`;
  const packageName = from.split("/").slice(0, 2).join("/");
  if (from.startsWith("@piopiy/")) return may.includes(packageName) ? undefined : `${where}: not for ${layer}`;
  if (!from.startsWith(".")) return undefined;
  const target = relative(src, resolve(dirname(file), from));
  const [other = "", ...inside] = target.split("/");
  if (other === layer) return undefined;
  if (!may.includes(other)) return `${where}: ${layer} may import ${may.join(", ") || "nothing"}`;
  return inside.join("/") === "index.ts" ? undefined : `${where}: a layer is entered by its index.ts`;
}

/** A way through the imports that comes back to where it was. */
function cycleIn(edges: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>();
  const search = (file: string, way: readonly string[]): readonly string[] | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file].map((name) => name.replace(`${src}/`, ""));
    if (done.has(file)) return undefined;
    for (const next of edges.get(file) ?? []) {
      const cycle = search(next, [...way, file]);
      if (cycle) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of edges.keys()) {
    const cycle = search(file, []);
    if (cycle) return cycle;
  }
  return undefined;
}

describe("layers", () => {
  const folders = readdirSync(src, { withFileTypes: true }).filter((entry) => entry.isDirectory());

  it("stand all in the table", () => {
    expect(folders.map((entry) => entry.name).toSorted()).toEqual(
      Object.keys(allowed).toSorted(),
    );
  });

  it.each(Object.keys(allowed))("%s imports what the table allows", (layer) => {
    const broken = importsOf(join(src, layer))
      .filter(({ file }) => !/\.test(\.support)?\.ts$/.test(file))
      .map((found) => violation(layer, found))
      .filter((found) => found !== undefined);
    expect(broken).toEqual([]);
  });

  it.each(["packages/server", "packages/sdk", "packages/pcmo", "bench", "demo"])("%s has no import cycle, types included", (folder) => {
    const edges = new Map<string, string[]>();
    for (const { file, from } of importsOf(join(src, "../../..", folder, "src"))) {
      if (from.startsWith(".")) edges.set(file, [...(edges.get(file) ?? []), resolve(dirname(file), from)]);
    }
    expect(edges.size).toBeGreaterThan(0);
    expect(cycleIn(edges)).toBeUndefined();
  });

  it("sees an import cycle", () => {
    expect(cycleIn(new Map([["a", ["b"]], ["b", ["c"]], ["c", ["b"]]]))).toEqual(["b", "c", "b"]);
  });

  it("sees an import that the table forbids", () => {
    const file = join(src, "sip", "user-agent.ts");
    expect(violation("sip", { file, from: "../sdp/index.ts" })).toContain("sip may import base");
    expect(violation("media", { file: join(src, "media", "x.ts"), from: "../audio/g711.ts" })).toContain("index.ts");
    expect(violation("sip", { file, from: "@piopiy/pcmo" })).toContain("not for sip");
  });
});
