/** Longer ones are cut at a comma or a space: the listener waits for the first sentence. */
const MAXIMUM_LENGTH = 200;

/** A full stop behind one of these ends an abbreviation, not a sentence. */
const abbreviations = new Set([
  "mr", "mrs", "ms", "dr", "prof", "sr", "jr", "st", "mt", "vs", "etc", "e.g", "i.e", "a.m", "p.m", "approx", "inc", "ltd", "co", "corp", "dept",
  "est", "ext", "fig", "no", "nos", "tel", "vol", "rd", "ave", "blvd", "apt", "gov", "gen", "col", "capt", "lt", "sgt", "rev", "hon", "u.s", "u.k",
  "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "mon", "tue", "wed", "thu", "fri", "sat", "sun",
]);

/**
 * The sentences of a text, in order, each at most 200 characters, nothing lost but white space. Abbreviations
 * ("Dr. Smith"), initials ("J. Smith"), numbers ("3.14", "No. 5") and addresses ("example.com") do not end a sentence.
 */
export function sentencesOf(text: string): readonly string[] {
  return text.split(/\r\n|\n|\r|\u2028|\u2029/).flatMap(sentencesOfLine).flatMap(bounded);
}

function sentencesOfLine(line: string): readonly string[] {
  const plain = line.replaceAll(/\s+/g, " ").trim();
  const sentences: string[] = [];
  let from = 0;
  // An end mark, closing quotes or brackets, then a space.
  for (const mark of plain.matchAll(/[.!?…।]+["'”’)\]]* /g)) {
    const end = mark.index + mark[0].length;
    if (mark[0].startsWith(".") && !endsSentence(plain.slice(from, mark.index), plain.slice(end))) continue;
    sentences.push(plain.slice(from, end).trim());
    from = end;
  }
  const rest = plain.slice(from).trim();
  return rest === "" ? sentences : [...sentences, rest];
}

function endsSentence(before: string, after: string): boolean {
  const word = (/[^\s("'“‘]*$/.exec(before)?.[0] ?? "").toLowerCase();
  if (/^\p{L}$/u.test(word) || /^\p{Ll}/u.test(after)) return false;
  // "No. 5" is a number; "No. That is wrong." is an answer.
  if (word === "no" || word === "nos") return !/^\d/.test(after);
  return !abbreviations.has(word);
}

function bounded(sentence: string): readonly string[] {
  const parts: string[] = [];
  let rest = sentence;
  while (rest.length > MAXIMUM_LENGTH) {
    const end = breakOf(rest.slice(0, MAXIMUM_LENGTH));
    parts.push(rest.slice(0, end).trim());
    rest = rest.slice(end).trim();
  }
  return rest === "" ? parts : [...parts, rest];
}

/** The best place to cut, in the second half if there is one: behind a comma, else at a space, else wherever it is. */
function breakOf(head: string): number {
  const half = head.length / 2;
  const clause = Math.max(head.lastIndexOf(", "), head.lastIndexOf("; "), head.lastIndexOf(": ")) + 1;
  if (clause > half) return clause;
  const space = head.lastIndexOf(" ");
  if (space > 0) return space;
  // Not between the two halves of a surrogate pair.
  return /[\uD800-\uDBFF]$/.test(head) ? head.length - 1 : head.length;
}
