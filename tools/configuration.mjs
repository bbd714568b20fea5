// Writes docs/configuration.md, every setting with what it is and its default, from the schema that checks the file (of what
// was built). `--check` writes nothing and fails when the page is not what it would write.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { configJsonSchema } from "../packages/server/dist/config/index.js";

const page = join(import.meta.dirname, "../docs/configuration.md");
const schema = configJsonSchema();

const lists = { apps: "apps", numbers: "numbers that are called", trunks: "ways to carriers and phone systems", phones: "phones that may register" };

const rows = (node, path) => Object.entries(node.properties ?? {}).flatMap(([name, one]) => rowsOf(one, path === "" ? name : `${path}.${name}`, node.required));

function rowsOf(node, path, required = []) {
  const inner = node.items?.properties ? node.items : node;
  // What a flow looks like is the language's, and stands in its reference.
  if (inner.properties && !path.endsWith("pcmo")) return rows(inner, inner === node ? path : `${path}[]`);
  return [`| \`${path}\` | ${described(node)} | ${fallback(node, path, required.includes(path.split(".").at(-1)))} |`];
}

function described({ description = "" }) {
  if (description === "") throw new Error("A setting has no description.");
  return description.replace(/^[a-z]/, (first) => first.toUpperCase()).replace(/^"/, 'One of "').replaceAll(", as a number or digits", "").replaceAll("|", "\\|").replaceAll("<", "&lt;").replace(/\.?$/, ".");
}

function fallback(node, path, required) {
  const parts = path.split(".");
  // What is needed of something that may be left out.
  if (required) return parts.length > 2 ? `must be given with \`${parts.slice(0, -1).join(".")}\`` : "must be given";
  return node.default === undefined ? "" : `\`${JSON.stringify(node.default)}\``;
}

const table = (lines) => ["| setting | what | default |", "| --- | --- | --- |", ...lines].join("\n");
const alone = Object.entries(schema.properties).filter(([name, one]) => name !== "$schema" && !one.properties && !one.items?.properties);
const sections = Object.entries(schema.properties).filter(([, one]) => one.properties || one.items?.properties);
const text = `# Every setting

Written by \`node tools/configuration.mjs\` from the schema that \`piopiy.config.json\` is checked with. How the file, the environment and flags go together, and what to begin with, stands in [operations.md](operations.md#configuration); \`piopiy doctor\` tells what is wrong in a file.

## At the top

${table(alone.flatMap(([name, one]) => rowsOf(one, name)))}

${sections.map(([name, one]) => `## \`${name}\`${lists[name] ? `: a list of ${lists[name]}` : ""}\n\n${table(rowsOf(one, name))}\n`).join("\n")}`;

if (!process.argv.includes("--check")) await writeFile(page, text);
else if ((await readFile(page, "utf8")) !== text) {
  console.error("docs/configuration.md is not what the schema says now: run `npm run build && node tools/configuration.mjs`");
  process.exitCode = 1;
}
