import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const page = read("docs/architecture.md");
const sources = readdirSync(join(root, "packages/server/src"), { withFileTypes: true });
const layers = sources.filter((entry) => entry.isDirectory()).map(({ name }) => name);

describe("docs/architecture.md", () => {
  it("has a row for every layer, with what the test of the layers lets it import", () => {
    const rules = /const allowed[^]*?= \{\n([^]*?)\n\};/.exec(read("packages/server/src/layers.test.ts"))?.[1] ?? "";
    const allowed = Object.fromEntries([...rules.matchAll(/^ {2}(\w+): \[(.*)\],$/gm)].map(([, layer = "", may = ""]) => [layer, may.match(/[\w@/-]+/g) ?? []]));
    const table = /\| layer \| may import \|\n\|[-| ]+\|\n([^]*?)\n\n/.exec(page)?.[1] ?? "";
    const told = table.split("\n").filter((row) => !row.includes("*(planned)*")).flatMap((row) => {
      const [, names = "", may = ""] = row.split("|");
      const list = may.replaceAll(/\([^)]*\)/g, "").match(/[\w@/-]+/g) ?? [];
      return names.split(",").map((name) => [name.trim(), list] as const);
    });
    expect(Object.fromEntries(told)).toEqual(allowed);
    expect(Object.keys(allowed).toSorted()).toEqual(layers.toSorted());
  });

  it("draws every layer, and no other", () => {
    const drawing = /^packages\/server\/src\/\n([^]*?)^```/m.exec(page)?.[1] ?? "";
    const drawn = [...drawing.matchAll(/^ {2}([a-z]+)\/ .*$/gm)].filter(([line]) => !line.includes("(planned)")).map(([, layer = ""]) => layer);
    expect(drawn.toSorted()).toEqual(layers.toSorted());
  });

  it("names every dependency that programs are installed with", () => {
    const names = ["server", "sdk", "pcmo"].flatMap((name) => {
      const { dependencies }: { readonly dependencies: Readonly<Record<string, string>> } = JSON.parse(read(`packages/${name}/package.json`));
      return Object.entries(dependencies);
    });
    const section = /## 6\.[^]*?(?=\n## )/.exec(page)?.[0] ?? "";
    const rows = section.split("\n").filter((row) => row.startsWith("| "));
    for (const [name, version] of names.filter(([name]) => !name.startsWith("@piopiy/"))) {
      const row = rows.find((one) => new RegExp(`(?<![\\w/-])${name}(?![\\w-])`).test(one));
      expect(row, name).toBeDefined();
      const told = new RegExp(`(?<![\\w/-])${name}\`? (\\d+(?:\\.\\d+)*)`).exec(row ?? "")?.[1];
      if (told !== undefined) expect(version, name).toMatch(new RegExp(`^${told.replaceAll(".", "\\.")}(?:\\.|$)`));
    }
  });
});
