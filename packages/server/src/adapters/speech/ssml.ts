import { sayAs } from "./say-as.ts";

/** A stretch of a text: something to say at a pace (1 is the voice's own), or a pause. */
export type SpeechPart =
  | { readonly type: "text"; readonly text: string; readonly rate: number }
  | { readonly type: "pause"; readonly durationMs: number };

/** Whether a text is meant as SSML: it begins with `<speak>`. */
export const isSsml = (text: string): boolean => /^\s*(?:<\?xml[^>]*\?>\s*)?<speak[\s/>]/.test(text);

/**
 * The parts of a document in SSML 1.1: `break`, `prosody rate`, `say-as` and `sub` are performed, `p` and `s` part
 * sentences, and of any other element only the content is spoken. `undefined`: the document is malformed.
 */
export function parseSsml(document: string): readonly SpeechPart[] | undefined {
  const tokens = tokensOf(document);
  return tokens && partsOf(tokens);
}

/** What is left of a malformed document when everything that looks like markup is taken out. */
export const withoutMarkup = (document: string): string => decoded(document.replaceAll(/<[^<>]*>?/g, " ")) ?? document.replaceAll(/<[^<>]*>?/g, " ");

type Token =
  | { readonly type: "open" | "empty"; readonly name: string; readonly attributes: ReadonlyMap<string, string> }
  | { readonly type: "close"; readonly name: string }
  | { readonly type: "text"; readonly text: string };

const MARKUP =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<(\/?)([A-Za-z][\w:.-]*)((?:\s+[A-Za-z_][\w:.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y;

function tokensOf(document: string): readonly Token[] | undefined {
  const tokens: Token[] = [];
  const markup = new RegExp(MARKUP);
  for (const source = document.trim(); markup.lastIndex < source.length; ) {
    const match = markup.exec(source);
    if (!match) return undefined;
    const [, slash, name, attributes = "", empty, text] = match;
    if (text !== undefined) {
      const plain = decoded(text);
      if (plain === undefined) return undefined;
      tokens.push({ type: "text", text: plain });
    } else if (name !== undefined) {
      if (slash !== "" && (attributes !== "" || empty !== "")) return undefined;
      tokens.push(slash === "/" ? { type: "close", name } : { type: empty === "/" ? "empty" : "open", name, attributes: attributesOf(attributes) });
    }
  }
  return tokens;
}

function attributesOf(text: string): ReadonlyMap<string, string> {
  const found = text.matchAll(/([A-Za-z_][\w:.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/g);
  return new Map(Array.from(found, ([, name = "", double, single]) => [name, decoded(double ?? single ?? "") ?? ""]));
}

const entities = new Map([["amp", "&"], ["lt", "<"], ["gt", ">"], ["quot", '"'], ["apos", "'"]]);

/** The text with its references resolved; `undefined` when there is one that XML does not know. */
function decoded(text: string): string | undefined {
  let known = true;
  const plain = text.replaceAll(/&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|(\w{1,8}));|&/g, (_, decimal?: string, hex?: string, name?: string) => {
    const code = decimal === undefined ? (hex === undefined ? -1 : Number.parseInt(hex, 16)) : Number(decimal);
    const letter = name === undefined ? (code > 0 && code <= 0x10_ffff ? String.fromCodePoint(code) : undefined) : entities.get(name);
    known &&= letter !== undefined;
    return letter ?? "";
  });
  return known ? plain : undefined;
}

/** What an element does to the text inside it. */
interface Context {
  readonly name: string;
  readonly rate: number;
  readonly say: (text: string) => string;
}

function partsOf(tokens: readonly Token[]): readonly SpeechPart[] | undefined {
  const parts: SpeechPart[] = [];
  const open: Context[] = [];
  let roots = 0;
  for (const token of tokens) {
    const inside = open.at(-1);
    if (token.type === "text") {
      if (!inside && token.text.trim() !== "") return undefined;
      if (inside) append(parts, inside.say(token.text), inside.rate);
    } else if (token.type === "close") {
      if (open.pop()?.name !== token.name) return undefined;
      if (token.name === "p" || token.name === "s") append(parts, "\n", inside?.rate ?? 1);
    } else {
      if (!inside && (token.name !== "speak" || roots++ > 0)) return undefined;
      if (token.name === "break") parts.push({ type: "pause", durationMs: pauseOf(token.attributes) });
      if (token.type === "open") open.push(contextOf(token.name, token.attributes, inside));
    }
  }
  return open.length === 0 && roots === 1 ? parts : undefined;
}

/** Text that follows text at the same pace is one text: markup inside a sentence does not cut it. */
function append(parts: SpeechPart[], text: string, rate: number): void {
  const last = parts.at(-1);
  if (last?.type === "text" && last.rate === rate) parts[parts.length - 1] = { ...last, text: last.text + text };
  else parts.push({ type: "text", text, rate });
}

const same = (text: string): string => text;

function contextOf(name: string, attributes: ReadonlyMap<string, string>, outer: Context | undefined): Context {
  const context = { name, rate: outer?.rate ?? 1, say: outer?.say ?? same };
  if (name === "prosody") return { ...context, rate: rateOf(attributes.get("rate"), context.rate) };
  if (name === "say-as") return { ...context, say: sayAs(attributes.get("interpret-as") ?? "", attributes.get("format") ?? "") };
  const alias = name === "sub" ? attributes.get("alias") : undefined;
  if (alias === undefined) return context;
  let said = false;
  return { ...context, say: () => (said ? "" : ((said = true), alias)) };
}

const rates = new Map(Object.entries({ "x-slow": 0.5, slow: 0.75, medium: 1, default: 1, fast: 1.3, "x-fast": 1.7 }));

/** A word, a percentage (`120%`, `+20%`), or a factor. */
function rateOf(written: string | undefined, outer: number): number {
  const text = (written ?? "").trim();
  const [, sign = "", digits = "", percent = ""] = /^([+-]?)(\d{1,4}(?:\.\d{1,3})?)(%?)$/.exec(text) ?? [];
  if (digits === "") return rates.get(text) ?? outer;
  const value = Number(digits) / (percent === "" ? 1 : 100);
  const factor = sign === "" ? value : 1 + (sign === "+" ? value : -value);
  return Math.min(2, Math.max(0.5, outer * factor));
}

const pauses = new Map(Object.entries({ none: 0, "x-weak": 100, weak: 250, medium: 500, strong: 1000, "x-strong": 1500 }));
const LONGEST_PAUSE_MS = 10_000;

function pauseOf(attributes: ReadonlyMap<string, string>): number {
  const [, digits = "", unit] = /^\+?(\d{1,6}(?:\.\d{1,3})?)(m?s)$/.exec(attributes.get("time")?.trim() ?? "") ?? [];
  const medium = 500;
  if (digits === "") return pauses.get(attributes.get("strength") ?? "medium") ?? medium;
  return Math.min(LONGEST_PAUSE_MS, Math.round(Number(digits) * (unit === "s" ? 1000 : 1)));
}
