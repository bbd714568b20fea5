import { describe, expect, it } from "vitest";
import { collectStart, collectStep, isInput, type CollectEffect, type CollectEvent, type CollectState } from "./collect.ts";

const rules = { max_digit: 3, min_digit: 2, timeout: 5, finish_on_key: "#" };
const prompting: CollectState = { name: "prompting" };
const waiting = (digits: string): CollectState => ({ name: "waiting", digits });
const done = (digits: string, by: "max_digit" | "finish_on_key" | "timeout"): CollectState => ({ name: "done", digits, by });
const digit = (key: string): CollectEvent => ({ name: "digit", digit: key });
const promptOver: CollectEvent = { name: "prompt_over" };
const timeout: CollectEvent = { name: "timeout" };

describe("collecting digits", () => {
  it.each<[CollectState, CollectEvent, CollectState, ...CollectEffect[]]>([
    [prompting, digit("1"), waiting("1"), "stop_prompt", "restart_timer"],
    [prompting, digit("#"), done("", "finish_on_key"), "stop_prompt"],
    [prompting, promptOver, waiting(""), "restart_timer"],
    [prompting, timeout, prompting],
    [waiting(""), digit("1"), waiting("1"), "restart_timer"],
    [waiting("1"), digit("2"), waiting("12"), "restart_timer"],
    [waiting("12"), digit("3"), done("123", "max_digit")],
    [waiting("12"), digit("*"), done("12*", "max_digit")],
    [waiting("1"), digit("#"), done("1", "finish_on_key")],
    [waiting(""), digit("#"), done("", "finish_on_key")],
    [waiting(""), timeout, done("", "timeout")],
    [waiting("12"), timeout, done("12", "timeout")],
    [waiting("1"), promptOver, waiting("1")],
    [done("12", "timeout"), digit("3"), done("12", "timeout")],
    [done("12", "timeout"), timeout, done("12", "timeout")],
    [done("123", "max_digit"), promptOver, done("123", "max_digit")],
  ])("%j and %j gives %j", (state, event, next, ...effects) => {
    expect(collectStep(rules, state, event)).toEqual([next, ...effects]);
  });

  it("is done by the first key when one is asked for", () => {
    expect(collectStep({ ...rules, max_digit: 1 }, prompting, digit("7"))).toEqual([done("7", "max_digit"), "stop_prompt"]);
  });

  it("takes every key as a digit without a finishing key", () => {
    expect(collectStep({ ...rules, finish_on_key: "" }, waiting("1"), digit("#"))).toEqual([waiting("1#"), "restart_timer"]);
  });

  it("starts with the prompt, or with waiting when there is none", () => {
    expect([collectStart(true), collectStart(false)]).toEqual([prompting, waiting("")]);
  });

  it.each([["", false], ["1", false], ["12", true], ["123", true]] as const)("with at least two digits, %j is input: %s", (digits, input) => {
    expect(isInput(rules, digits)).toBe(input);
  });
});
