import { expect, test } from "vitest";
import { formatSize } from "./size.js";

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_000, "1.0 kB"],
  [9_949, "9.9 kB"],
  [12_400, "12 kB"],
  [3_200_000, "3.2 MB"],
  [48_000_000_000, "48 GB"],
  [5e15, "5000 TB"],
])("%d bytes read %s", (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});
