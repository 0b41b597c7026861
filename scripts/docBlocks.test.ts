import { expect, test } from "vitest";
import { readCodeBlocks } from "./docBlocks.mjs";

const fence = (info: string, code: string): string => `\`\`\`${info}\n${code}\n\`\`\`\n`;

test("finds TypeScript, TSX and JavaScript, with the line where the code begins", () => {
  const text = `# Title\n\n${fence("ts", "a")}\n${fence("tsx", "b")}\n${fence("js", "c")}`;
  expect(readCodeBlocks(text)).toMatchObject([
    { language: "ts", line: 4, code: "a\n" },
    { language: "tsx", line: 8, code: "b\n" },
    { language: "js", line: 12, code: "c\n" },
  ]);
});

test("leaves out other languages and pieces of something larger", () => {
  expect(readCodeBlocks(fence("sh", "npm start") + fence("ts fragment", "…") + fence("", "x"))).toEqual([]);
});

test("takes the text after a program that runs as what it prints", () => {
  expect(readCodeBlocks(`${fence("js run", "a")}It prints:\n${fence("text", "hi")}`)).toMatchObject([{ runs: true, prints: "hi\n" }]);
});

test("takes no text as the output of a program that is only compiled", () => {
  expect(readCodeBlocks(fence("ts", "a") + fence("text", "hi"))).toMatchObject([{ runs: false, prints: undefined }]);
});

test("takes what a comment right above a program declares as given", () => {
  const text = `Text\n\n<!-- given: declare const a: string; -->\n${fence("ts", "a")}`;
  expect(readCodeBlocks(text)).toMatchObject([{ line: 5, code: "a\n", given: "declare const a: string;" }]);
});

test("knows which file of an app a block is", () => {
  expect(readCodeBlocks(fence("tsx file=src/App.tsx", "a") + fence("ts", "b"))).toMatchObject([{ path: "src/App.tsx" }, { path: undefined }]);
});
