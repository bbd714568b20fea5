// Writes docs/sdk/: a page for each method of the SDK, from the declarations the compiler wrote and the examples of
// docs/sdk-examples/. `--check` writes nothing and fails when a page is not what it would write.
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const dist = join(root, "packages/sdk/dist");
const out = join(root, "docs/sdk");
const check = process.argv.includes("--check");

const files = (await readdir(dist, { recursive: true })).filter((name) => name.endsWith(".d.ts") && !name.includes("test") && !name.startsWith("bundle"));
const text = (await Promise.all(files.map((name) => readFile(join(dist, name), "utf8")))).join("\n");
const examples = new Map(await Promise.all((await readdir(join(root, "docs/sdk-examples"))).map(async (name) =>
  [name.replace(/\.ts$/, ""), await readFile(join(root, "docs/sdk-examples", name), "utf8")])));
const entries = await Promise.all(["index.d.ts", "stream/index.d.ts"].map((name) => readFile(join(dist, name), "utf8")));
const exported = new Set([...entries.join("\n").matchAll(/\b([A-Z]\w+|webhooks)\b/g)].map((match) => match[1]));

const doc = (comment = "") =>
  comment.replace(/^\s*\/\*\*|\*\/\s*$/g, "").split("\n").map((line) => line.replace(/^\s*\* ?/, "").trim()).join("\n").trim();

/** `/** … *\/ declaration;` pairs of a class's or an interface's body, one level deep. */
function membersOf(body) {
  return [...body.matchAll(/^ {4}(\/\*\*(?:[^*]|\*(?!\/))*\*\/)?\s*((?:readonly )?[\w]+\??(?:<[^(]*>)?(?:\(|:)[^;{]*(?:\{[^}]*\}[^;{]*)*);/gm)]
    .map(([, comment, declaration]) => ({ doc: doc(comment), declaration: declaration.replace(/\s+/g, " ") }));
}

function classesOf(source) {
  return [...source.matchAll(/(\/\*\*(?:[^*]|\*(?!\/))*\*\/)?\s*export (?:declare (?:class|const)|interface) (\w+)[^{;]*\{\n(.*?)^\}/gms)]
    .map(([, comment, name, body]) => ({ name, doc: doc(comment), members: membersOf(body) }))
    .filter(({ name, members }) => members.length > 0 && pages.has(name) && name);
}

function functionsOf(source) {
  return [...source.matchAll(/(\/\*\*(?:[^*]|\*(?!\/))*\*\/)?\s*export declare function (\w+)([^;]*);/g)]
    .filter(([, , name]) => entries.join("\n").includes(`{ ${name},`))
    .map(([, comment, name, rest]) => ({ doc: doc(comment), name, declaration: `${name}${rest}`.replace(/\s+/g, " ") }));
}

/** The classes and interfaces that have pages, and how their instances are called in programs. */
const pages = new Map([
  ["RestClient", "client"], ["Voice", "client.voice"], ["Calls", "client.calls"], ["Events", "client.events"],
  ["Action", "action"], ["StreamAction", "message"], ["webhooks", "webhooks"],
  ["StreamServer", "bot"], ["SessionActs", "session"],
]);
/** Under another name than the declaration's: what a session can do is declared apart from what is known of its call. */
const shown = new Map([["SessionActs", "StreamSession"]]);
/** Properties that have pages as methods have. */
const properties = /^readonly (audio|ended)\b/;

const interfaces = new Map(
  [...text.matchAll(/(\/\*\*(?:[^*]|\*(?!\/))*\*\/)?\s*export interface (\w+)(?: extends ([\w, ]+))? \{\n(.*?)^\}/gms)]
    .map(([, comment, name, bases = "", body]) => [name, { doc: doc(comment), bases: bases.split(",").map((base) => base.trim()).filter(Boolean), members: membersOf(body) }]),
);

function fieldsOf(name) {
  const found = interfaces.get(name);
  return found ? [...found.members, ...found.bases.flatMap(fieldsOf)] : [];
}

function optionTables(signatures) {
  const names = new Set(signatures.flatMap(({ declaration }) => [...declaration.matchAll(/\b[A-Z]\w+\b/g)].map(([name]) => name)));
  return [...names].filter((name) => exported.has(name) && interfaces.has(name)).map((name) => {
    const rows = fieldsOf(name).map(({ declaration, doc }) => {
      const [, key, optional, type] = /^(?:readonly )?(\w+)(\??): (.*)$/.exec(declaration) ?? [];
      if (!key) return undefined;
      return `| \`${key}\`${optional ? "" : " (required)"} | \`${type.replace(/ \| undefined/g, "").replace(/\|/g, "\\|")}\` | ${doc.replace(/\n+/g, " ").replace(/\|/g, "\\|")} |`;
    });
    return `### ${name}\n\n${interfaces.get(name).doc}\n\n| field | type | meaning |\n| --- | --- | --- |\n${rows.filter(Boolean).join("\n")}`;
  });
}

function pageOf({ name }, method, signatures) {
  const title = pages.has(name) ? `${pages.get(name)}.${method}` : method;
  const file = pages.has(name) ? `${shown.get(name) ?? name}.${method}` : method;
  const example = examples.get(file);
  if (!example) throw new Error(`docs/sdk-examples/ has no ${file}.ts`);
  return [
    `# ${title}`,
    ...signatures.map(({ declaration, doc }) => `\`\`\`text\n${declaration}\n\`\`\`${doc ? `\n\n${doc}` : ""}`),
    `\`\`\`ts\n${example.trim()}\n\`\`\``,
    ...optionTables(signatures),
    `[All methods](README.md)`,
  ].join("\n\n") + "\n";
}

const written = new Map();
const index = [];
for (const found of classesOf(text)) {
  const methods = Map.groupBy ? Map.groupBy(found.members, keyOf) : groupBy(found.members);
  const rows = [];
  for (const [method, signatures] of methods) {
    if (method === undefined || method === "constructor") continue;
    const file = `${shown.get(found.name) ?? found.name}.${method}.md`;
    written.set(file, pageOf(found, method, signatures));
    rows.push(`| [\`${pages.get(found.name)}.${method}\`](${file}) | ${(signatures.find(({ doc }) => doc)?.doc ?? "").split(/(?<=\.)\s/)[0].replace(/\n/g, " ")} |`);
  }
  const order = [...pages.keys()].indexOf(found.name);
  index[order] = `## ${shown.get(found.name) ?? found.name}\n\n${found.doc}\n\n| method | |\n| --- | --- |\n${rows.join("\n")}`;
}
const functions = functionsOf(text).map((found) => {
  written.set(`${found.name}.md`, pageOf({}, found.name, [found]));
  return `| [\`${found.name}\`](${found.name}.md) | ${found.doc.split(/(?<=\.)\s/)[0].replace(/\n/g, " ")} |`;
});
index.splice([...pages.keys()].indexOf("StreamServer"), 0, `## Bots: \`piopiy/stream\`\n\n| function | |\n| --- | --- |\n${functions.join("\n")}`);
written.set("README.md", `# The SDK, method by method\n\nWritten from the SDK's own declarations by \`node tools/sdk-reference.mjs\`; the tests run every example.\n\n${index.filter(Boolean).join("\n\n")}\n`);

function keyOf({ declaration }) {
  return /^(\w+)(?:<[^(]*>)?\(/.exec(declaration)?.[1] ?? properties.exec(declaration)?.[1];
}

function groupBy(members) {
  const groups = new Map();
  for (const member of members) groups.set(keyOf(member), [...(groups.get(keyOf(member)) ?? []), member]);
  return groups;
}

await mkdir(out, { recursive: true });
const there = new Set(await readdir(out));
const stale = [...there].filter((name) => !written.has(name));
for (const [name, content] of written) {
  const current = there.has(name) ? await readFile(join(out, name), "utf8") : undefined;
  if (current !== content) stale.push(name);
  if (!check && current !== content) await writeFile(join(out, name), content);
}
if (check && stale.length > 0) {
  console.error(`docs/sdk is not what the SDK says now: ${stale.join(", ")}. Run \`node tools/sdk-reference.mjs\`.`);
  process.exitCode = 1;
}
console.log(`${written.size} pages`);
