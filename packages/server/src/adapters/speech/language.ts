/** The language that is meant by a script when nothing else tells: the one with the most speakers. */
const scripts: readonly (readonly [script: RegExp, language: string])[] = [
  [/\p{Script=Devanagari}/u, "hi"],
  [/\p{Script=Tamil}/u, "ta"],
  [/\p{Script=Telugu}/u, "te"],
  [/\p{Script=Kannada}/u, "kn"],
  [/\p{Script=Malayalam}/u, "ml"],
  [/\p{Script=Bengali}/u, "bn"],
  [/\p{Script=Gujarati}/u, "gu"],
  [/\p{Script=Gurmukhi}/u, "pa"],
  [/\p{Script=Oriya}/u, "or"],
  [/\p{Script=Sinhala}/u, "si"],
  [/\p{Script=Arabic}/u, "ar"],
  [/\p{Script=Hebrew}/u, "he"],
  [/\p{Script=Cyrillic}/u, "ru"],
  [/\p{Script=Greek}/u, "el"],
  [/\p{Script=Hiragana}|\p{Script=Katakana}/u, "ja"],
  [/\p{Script=Hangul}/u, "ko"],
  [/\p{Script=Han}/u, "cmn"],
];

/** The language of a text that has no Latin letter, by its script; `undefined`: it has some, or nothing tells. */
export function languageOf(text: string): string | undefined {
  if (/\p{Script=Latin}/u.test(text)) return undefined;
  return scripts.find(([script]) => script.test(text))?.[1];
}
