/** The comments of a TypeScript file: neighbouring `//` lines are one; `after` is the code that follows. */
export function commentsOf(source) {
  const comments = [];
  // Strings and templates are matched too, so that what looks like a comment in them is none. Regular expressions that
  // hold quotes or slashes end at their line at the latest.
  const tokens = /\/\*[^]*?\*\/|\/\/[^\n]*(?:\n[ \t]*\/\/[^\n]*)*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;
  for (const { 0: token, index } of source.matchAll(tokens)) {
    if (!token.startsWith("/")) continue;
    const text = token.startsWith("/*")
      ? token.slice(2, -2).replace(/^\*/, "").split("\n").map((line) => line.replace(/^\s*\* ?/, "")).join("\n")
      : token.split("\n").map((line) => line.replace(/^\s*\/\/ ?/, "")).join("\n");
    comments.push({ text: text.trim(), after: source.slice(index + token.length).split("\n").find((line) => line.trim() !== "") ?? "" });
  }
  return comments;
}

const SECTION = String.raw`(?:§\d[\d.]*\d|§\d|§[A-Z](?:\.\d+)*|Figure \d+|Table \d+|Appendix [A-Z](?:\.\d+)*|[A-Z]\.\d+(?:\.\d+)*)(?:-\d[\d.]*\d|-\d)?`;

/**
 * What a text cites, in its order: `RFC 3261 §8.1.1.7, §12-15`. A section belongs to the RFC before it in the text, else
 * to `first`, what the file cites first. Sections of other documents (`ISO/IEC 11172-3 §2.4`) are left out.
 */
export function citationsIn(text, first) {
  const found = [];
  let rfc = first;
  for (const match of text.matchAll(new RegExp(String.raw`\bRFC[  ]?(\d{3,5})(?:\s+(${SECTION}))?|(§\d(?:[\d.]*\d)?(?:-\d(?:[\d.]*\d)?)?|(?:Figure|Table) \d+)`, "g"))) {
    const [, number, section, further] = match;
    if (number !== undefined) rfc = Number(number);
    if (rfc === undefined || OTHER.test(text.slice(0, match.index))) continue;
    found.push({ rfc, section: name(section ?? further), index: match.index });
  }
  // An RFC that is named and then cited by section later in the text stands for its sections.
  return found.filter(({ rfc, section }) => section !== undefined || !found.some((other) => other.rfc === rfc && other.section !== undefined));
}

/** Another document, named in front of a section. */
const OTHER = /(?:ISO[/\w -]*|Vorbis I|G\.\d+|TS [\d.]+)\s$/;

const name = (section) => section?.replace(/^§/, "").replace(/^Appendix /, "");

const CITED = String.raw`(?:RFC \d+|${SECTION})(?: (?:${SECTION}))?(?:, ${SECTION})*(?: step \d+)?`;

/** What the comment says where it cites: the sentence, without the citation where it stands apart. */
export function statement({ text, after }, index) {
  const start = Math.max(0, ...[...text.matchAll(/(?<=[.:!?]["')]?)\s+(?=[A-Z`"“])|\n\s*\n/g)].filter((gap) => isEnd(text, gap.index)).map((gap) => gap.index + gap[0].length).filter((at) => at <= index));
  const rest = text.slice(start);
  const end = [...rest.matchAll(/(?<=[.!?]["')]?)\s+(?=[A-Z`"“])|:?\n(?=\s*\n|\s{2,}|[+|0-9])|$/g)].find((gap) => start + gap.index > index && isEnd(rest, gap.index));
  const sentence = rest.slice(0, end?.index).replace(/\s+/g, " ").trim();
  const apart = sentence
    .replace(/^(?:Deviation: )/, "")
    .replace(new RegExp(String.raw`^${CITED}(?:[;,] ${CITED})*(?:[:.] |[:.]$|$)`), "")
    .replace(new RegExp(String.raw`,? \((?:see )?${CITED}(?:(?:[;,]| and)? ${CITED})*\)`, "g"), "")
    .replace(/[:;,]$/, "");
  const told = apart.trim() || declared(after);
  if (told === "") return "";
  const capital = told && !told.startsWith("`") ? told[0].toUpperCase() + told.slice(1) : told;
  return /[.!?]"?$/.test(capital) ? capital : `${capital}.`;
}

/** A full stop after a letter or `v.` of an abbreviation ends nothing. */
const isEnd = (text, index) => !/\b(?:e\.g|i\.e|cf|vs|A|No)\.$/.test(text.slice(0, index));

/** The name of what follows a comment that says nothing but its section. */
function declared(after) {
  const [, found] = /(?:function|const|interface|type|readonly|let)\s+(\w+)/.exec(after) ?? [];
  return found ? `\`${found}\`` : "";
}
