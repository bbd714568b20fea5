import { expect, it } from "vitest";
import { table } from "./output.ts";
import { figure } from "./statistics.ts";

it("makes a table of figures, and marks a goal that is missed", () => {
  const under = { node: "v20", platform: "linux x64", cpu: "Fast", cores: 2, memoryGb: 24, load1: 0.5 };
  const figures = [figure("Round trip", "ms", [3, 1, 2]), figure("Gap", "ms", [40], { is: "at most", value: 30 }), figure("Most", "", [1234], { is: "at least", value: 200 })];
  expect(table(under, figures).split("\n")).toEqual([
    "Conditions: Node v20, linux x64, 2 x Fast, 24 GB, load 0.5 at the start.",
    "",
    "| figure | median | goal | runs | spread |",
    "| --- | ---: | ---: | ---: | ---: |",
    "| Round trip | 2 ms | | 3 | 1 to 3 |",
    "| Gap | **40 ms** | ≤ 30 | 1 | |",
    "| Most | 1,234 | ≥ 200 | 1 | |",
  ]);
});
