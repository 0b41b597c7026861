/**
 * The code blocks of a Markdown text that stand for programs: `ts`, `tsx` and `js` fences. `line` is where the code begins. A
 * fence that says `run` is a whole program, and the `text` block after it, if there is one, is what it prints. One that says
 * `fragment` is a piece of something larger and is not checked. One that says `file=src/App.tsx` is that file of the document's
 * app, and others may import it. What a program takes as given, such as a function of the reader's own, stands as declarations in a
 * comment right above it: `<!-- given: declare const apiKey: string; -->`.
 */
export function readCodeBlocks(markdown) {
  const blocks = [];
  const fences = /(?:^<!-- given: (?<given>[^\n]*) -->\n\n?)?^(?<indent> *)```(?<info>[^\n`]*)\n(?<code>[\s\S]*?)^\k<indent>```[ \t]*$/gm;
  for (const { 0: text, groups, index } of markdown.matchAll(fences)) {
    const [language, ...words] = groups.info.trim().split(/\s+/);
    const previous = blocks.at(-1);
    if (language === "text" && previous?.runs && previous.prints === undefined) previous.prints = groups.code;
    if (!["ts", "tsx", "js"].includes(language) || words.includes("fragment")) continue;
    const line = markdown.slice(0, index + text.indexOf("```")).split("\n").length + 1;
    const path = words.find((word) => word.startsWith("file="))?.slice("file=".length);
    blocks.push({ language, line, code: groups.code, path, given: groups.given ?? "", runs: words.includes("run"), prints: undefined });
  }
  return blocks;
}
