import { expect, test } from "vitest";
import { accentFor, contrast } from "./accent.js";

const brands = ["#0e5a6b", "#ffe14d", "#000000", "#ffffff", "#ff0000", "#777777", "#12ff8a"];

test("contrast is WCAG's: 21 between black and white, 1 between equals", () => {
  expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 5);
  expect(contrast("#ffffff", "#000000")).toBeCloseTo(21, 5);
  expect(contrast("#777777", "#777777")).toBe(1);
});

test.each(brands)("%s becomes legible as text and under text in both themes", (brand) => {
  for (const [theme, surface] of [["light", "#ffffff"], ["dark", "#161d20"]] as const) {
    const { colour, onColour } = accentFor(theme, brand);
    expect(contrast(colour, surface)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(colour, onColour)).toBeGreaterThanOrEqual(4.5);
  }
});

test("a brand colour that is legible already stays as it is", () => {
  expect(accentFor("light", "#0e5a6b").colour).toBe("#0e5a6b");
});
