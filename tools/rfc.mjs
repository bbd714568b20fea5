// Writes docs/rfc.md from what comments cite as `RFC 3261 §17.1.1.2`: section, what we do, file, test. `--check` writes
// nothing and fails when the page is not what it would write. Line numbers are left out, so that only a new or changed
// citation changes the page.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { citationsIn, commentsOf, statement } from "./rfc-citations.mjs";
import { notDone } from "./rfc-not-done.mjs";
import { testsByFile } from "./rfc-tests.mjs";
import { titles } from "./rfc-titles.mjs";

const root = join(import.meta.dirname, "..");
const page = join(root, "docs/rfc.md");

async function sources(folder) {
  const names = await readdir(join(root, folder), { recursive: true });
  const wanted = names.filter((name) => name.endsWith(".ts") && !/\.d\.ts$|(^|\/)(node_modules|build|dist|testdata)\//.test(name)).sort();
  return await Promise.all(wanted.map(async (name) => ({ path: join(folder, name), text: await readFile(join(root, folder, name), "utf8") })));
}

const packages = (await Promise.all(["pcmo", "sdk", "server"].map((name) => sources(`packages/${name}/src`)))).flat();
const tests = [...packages.filter(({ path }) => path.endsWith(".test.ts")), ...await sources("e2e")];
const code = packages.filter(({ path }) => !/\.test(\.\w+)?\.ts$/.test(path));

const deviations = [];
/** RFC → section → what is said of it and where. */
const cited = new Map();

for (const { path, text } of code) {
  for (const comment of commentsOf(text)) {
    const citations = citationsIn(comment.text, firstRfc(text));
    for (const { rfc, section, index } of citations) add(rfc, section ?? "", path, statement(comment, index));
    const [, deviation] = /\bDeviation: ([^]*)/.exec(comment.text) ?? [];
    const about = citations.at(-1);
    if (deviation && about) deviations.push({ rfc: about.rfc, path, deviation: deviation.replace(/\s+/g, " ").trim() });
  }
}

function firstRfc(text) {
  const [, number] = /\bRFC (\d+)/.exec(text) ?? [];
  return number === undefined ? undefined : Number(number);
}

function add(rfc, section, path, said) {
  const sections = cited.get(rfc) ?? cited.set(rfc, new Map()).get(rfc);
  const rows = sections.get(section) ?? sections.set(section, []).get(section);
  const row = rows.find((row) => row.path === path);
  if (!row) rows.push({ path, said: [said] });
  else if (!row.said.includes(said)) row.said.push(said);
}

const testCitations = tests.map(({ path, text }) => ({ path, cites: citationsIn(text) }));
const testsOf = testsByFile(code, tests);

/** Tests that cite the section, or one it is part of, or the whole of a short RFC. RFC 3261 as a whole says too little. */
function testsCiting(rfc, section) {
  return testCitations.filter(({ cites }) => cites.some((cite) => cite.rfc === rfc &&
    (cite.section === undefined ? rfc !== 3261 : cite.section === section || section.startsWith(`${cite.section}.`)))).map(({ path }) => path);
}

const link = (path) => `[${path.startsWith("e2e/") ? path : basename(path).replace(/\.ts$/, "")}](${relative(dirname(page), join(root, path))})`;
const cell = (text) => text.replace(/[|<]/g, "\\$&");
const bySection = (a, b) => a.localeCompare(b, "en", { numeric: true });

function row(rfc, section, rows) {
  const files = rows.map(({ path }) => path);
  const proofs = new Set([...files.flatMap((file) => testsOf(file)), ...testsCiting(rfc, section)]);
  const said = [...new Set(rows.flatMap(({ said }) => said))].filter(Boolean).join(" ") || "See the code.";
  return `| ${section || "all"} | ${cell(said)} | ${files.map(link).join(", ")} | ${[...proofs].sort((a, b) => a.localeCompare(b)).map(link).join(", ")} |`;
}

const title = (rfc) => `[RFC ${rfc}](https://www.rfc-editor.org/rfc/rfc${rfc})${titles.has(rfc) ? ` ${titles.get(rfc)}` : ""}`;
const byTestsOnly = [...new Set(testCitations.flatMap(({ cites }) => cites.map(({ rfc }) => rfc)))].filter((rfc) => rfc && !cited.has(rfc)).sort((a, b) => a - b);

const groups = [...cited].sort(([a], [b]) => a - b).map(([rfc, sections]) =>
  [`## ${title(rfc)}`, "", "| § | what we do | code | tests |", "| --- | --- | --- | --- |",
    ...[...sections].sort(([a], [b]) => bySection(a, b)).map(([section, rows]) => row(rfc, section, rows))].join("\n"));

const written = [
  "# RFCs, section by section",
  "Written by `node tools/rfc.mjs` from the comments that cite a section, so each line leads to the branch that the section made us write. " +
  "The tests are those that import the file, else the nearest that run through it, and those that cite the section.",
  `${cited.size} RFCs, ${[...cited.values()].reduce((sum, sections) => sum + sections.size, 0)} sections.`,
  "## What we do not do",
  ["| RFC | what | instead |", "| --- | --- | --- |", ...notDone.map(({ rfc, what, instead }) => `| ${rfc} | ${cell(what)} | ${cell(instead)} |`)].join("\n"),
  "## Where we differ on purpose",
  ["| RFC | how and why | code |", "| --- | --- | --- |",
    ...deviations.sort((a, b) => a.rfc - b.rfc || a.path.localeCompare(b.path)).map(({ rfc, path, deviation }) => `| ${rfc} | ${cell(deviation)} | ${link(path)} |`)].join("\n"),
  ...groups,
  ...(byTestsOnly.length === 0 ? [] : ["## Cited by tests only", byTestsOnly.map((rfc) =>
    `- ${title(rfc)}: ${testCitations.filter(({ cites }) => cites.some((cite) => cite.rfc === rfc)).map(({ path }) => link(path)).join(", ")}`).join("\n")]),
].join("\n\n") + "\n";

const current = await readFile(page, "utf8").catch(() => "");
if (!process.argv.includes("--check")) await writeFile(page, written);
else if (current !== written) {
  console.error("docs/rfc.md is not what the comments say now. Run `node tools/rfc.mjs` and commit the page.");
  process.exitCode = 1;
}
console.log(`${cited.size} RFCs`);
