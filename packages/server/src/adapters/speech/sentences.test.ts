import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sentencesOf } from "./sentences.ts";

describe("sentencesOf", () => {
  const cases: readonly (readonly [text: string, sentences: readonly string[]])[] = [
    ["", []],
    ["  \n ", []],
    ["Hello", ["Hello"]],
    ["Hello. How are you? Fine!", ["Hello.", "How are you?", "Fine!"]],
    ["Dr. Smith lives at 5 Main St. in Boston.", ["Dr. Smith lives at 5 Main St. in Boston."]],
    ["Ask for J. Smith. He knows.", ["Ask for J. Smith.", "He knows."]],
    ["It costs 3.14 dollars. Pay now.", ["It costs 3.14 dollars.", "Pay now."]],
    ["See example.com. Then call.", ["See example.com.", "Then call."]],
    ["You are No. 5 in the queue. Wait.", ["You are No. 5 in the queue.", "Wait."]],
    ["Is it right? No. That is wrong.", ["Is it right?", "No.", "That is wrong."]],
    ['He said "Stop." Then he left.', ['He said "Stop."', "Then he left."]],
    ["Wait... what? Really?!", ["Wait... what?", "Really?!"]],
    ["One line\nanother line\r\nthird", ["One line", "another line", "third"]],
    ["Open from 9 a.m. to 5 p.m. every day.", ["Open from 9 a.m. to 5 p.m. every day."]],
    ["Much   white\t space. Here", ["Much white space.", "Here"]],
  ];
  it.each(cases)("%j", (text, sentences) => {
    expect(sentencesOf(text)).toEqual(sentences);
  });

  it("cuts a long sentence at a comma, else at a space, else anywhere", () => {
    const clauses = sentencesOf(`${"word ".repeat(30).trim()}, ${"more ".repeat(30).trim()}`);
    expect(clauses).toEqual([`${"word ".repeat(30).trim()},`, "more ".repeat(30).trim()]);
    expect(sentencesOf("word ".repeat(60)).map((part) => part.length)).toEqual([199, 99]);
    expect(sentencesOf("x".repeat(450)).map((part) => part.length)).toEqual([200, 200, 50]);
  });

  it("loses nothing but white space and keeps every part short", () => {
    const property = fc.property(fc.string({ maxLength: 1000, unit: fc.constantFrom("a", "Z", "9", ".", "?", ",", " ", "\n", '"', "é", "😀") }), (text) => {
      const parts = sentencesOf(text);
      expect(parts.join("").replaceAll(/\s/g, "")).toBe(text.replaceAll(/\s/g, ""));
      expect(parts.every((part) => part.length > 0 && part.length <= 200)).toBe(true);
    });
    fc.assert(property, { seed: 5, numRuns: 300 });
  });
});
