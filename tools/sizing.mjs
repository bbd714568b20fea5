// Puts the table of bench/results/…-capacity.md, whichever docs/operations.md links to, into its section on sizing. `--check`
// writes nothing and fails when the two differ.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const page = join(root, "docs/operations.md");
const TABLE = /\| on one core \| \|\n(?:\|.*\n)+/;

const text = await readFile(page, "utf8");
const [, results] = /\]\(\.\.\/(bench\/results\/[\w-]+-capacity\.md)\)/.exec(text) ?? [];
const [table] = TABLE.exec(await readFile(join(root, results), "utf8")) ?? [];
if (!table || !TABLE.test(text)) throw new Error("There is no table of what one core carries.");
const wanted = text.replace(TABLE, () => table);
if (!process.argv.includes("--check")) await writeFile(page, wanted);
else if (wanted !== text) {
  console.error("docs/operations.md has other figures than the results: run `node tools/sizing.mjs`");
  process.exitCode = 1;
}
