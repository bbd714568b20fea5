import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "..");
const table = await readFile(join(import.meta.dirname, "behaviour.md"), "utf8");
const rows = [...table.matchAll(/^\| (?!promise|---)(.+?) \| (\S+) \| (.+?) \|$/gm)].map(([, promise = "", file = "", test = ""]) => ({ promise, file, test }));

it("every promise has a row", () => {
  expect(rows.length).toBeGreaterThan(30);
});

it.each(rows)("$promise", async ({ file, test }) => {
  const source = await readFile(join(root, file), "utf8");
  // A title is a text in the file; one of a table has its varying part as %s or $name.
  const titles = [...source.matchAll(/"([^"\n]{5,})"/g)].map(([, title = ""]) =>
    new RegExp(`^${title.replace(/[.*+?^(){}|[\]\\]/g, "\\$&").replace(/%[sdfij]|\$\w+/g, ".+")}$`));
  expect(titles.some((title) => title.test(test))).toBe(true);
});
