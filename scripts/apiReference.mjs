// Writes the API reference of every package, docs/api/NAME.md, out of its built declarations: npm run docs
// With --check it writes nothing, and fails when an export has no doc comment.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { root } from "./installMissing.mjs";
import { packageFolders } from "./packageList.mjs";

const isCheck = process.argv.includes("--check");
const problems = [];

for (const folder of packageFolders) {
  const { name, description } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
  const entry = join(root, folder, "dist", "index.d.ts");
  const found = exportsOf(entry).map((each) => ({ ...each, ...declarationOf(each.file, each.local) }));
  for (const each of found) if (!each.comment) problems.push(`${name}: ${each.name} has no doc comment`);
  const text = page(name, description, found.toSorted((a, b) => a.name.localeCompare(b.name, "en")));
  const target = join(root, "docs", "api", `${basename(folder)}.md`);
  if (!isCheck) {
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text);
    console.log(`docs/api/${basename(folder)}.md: ${found.length} exports`);
  }
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

/** What an entry exports, and the file that declares it. */
function exportsOf(entry) {
  const text = readFileSync(entry, "utf8");
  const reexports = [...text.matchAll(/export (?:type )?\{([^}]*)\} from "(\.[^"]+)"/g)].flatMap(([, names, path]) =>
    names
      .split(",")
      .map((each) => each.trim().replace(/^type /, ""))
      .filter(Boolean)
      .map((each) => {
        const [local, name = local] = each.split(" as ");
        return { local, name, file: join(dirname(entry), path.replace(/\.js$/, ".d.ts")) };
      }),
  );
  const own = [...text.matchAll(/^export (?:declare )?(?:function|const|interface|type|class) (\w+)/gm)];
  return [...reexports, ...own.map(([, name]) => ({ local: name, name, file: entry }))];
}

/** A declaration and its comment, also when the file passes it on from another. */
function declarationOf(file, name) {
  const text = readFileSync(file, "utf8");
  const start = new RegExp(`^export (?:declare )?(?:abstract )?(?:async )?(function|const|interface|type|class) ${name}\\b`, "m").exec(text);
  if (!start) {
    const further = exportsOf(file).find((each) => each.name === name && each.file !== file);
    return further ? declarationOf(further.file, further.local) : { comment: "", code: "", kind: "" };
  }
  const before = text.slice(0, start.index).trimEnd();
  const comment = before.endsWith("*/") ? plain(before.slice(before.lastIndexOf("/**"))) : "";
  const body = text.slice(start.index, endOf(text, start.index));
  return { comment, kind: start[1], code: body.replace(/^export (?:declare )?/, "").replace(/^ {4}/gm, "  ").replace(/^ {6}(?= ?\*)/gm, "   ") };
}

/** Where a declaration ends: at the semicolon or brace that closes it. */
function endOf(text, from) {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text.startsWith("/*", at)) at = text.indexOf("*/", at) + 1;
    const character = text[at];
    if (character === '"' || character === "'" || character === "`") at = text.indexOf(character, at + 1);
    else if ("{([".includes(character)) depth += 1;
    else if ("})]".includes(character)) {
      depth -= 1;
      const isBlock = character === "}" && depth === 0 && /^export (?:declare )?(?:abstract )?(?:interface|class)/.test(text.slice(from, from + 40));
      if (isBlock) return at + 1;
    } else if (character === ";" && depth === 0) return at + 1;
  }
  return text.length;
}

/** The words of a doc comment; a picture in it keeps its shape. */
function plain(comment) {
  return comment
    .replace(/^\/\*\*/, "")
    .replace(/\*\/$/, "")
    .split("\n")
    .map((line) => line.replace(/^\s*\* ?/, "").trimEnd())
    .join("\n")
    .trim()
    .replace(/\{@link (\w+)[^}]*\}/g, "`$1`");
}

function page(name, description, found) {
  const groups = [
    ["Functions and values", ({ kind }) => kind === "function" || kind === "const"],
    ["Classes", ({ kind }) => kind === "class"],
    ["Types", ({ kind }) => kind === "interface" || kind === "type"],
  ];
  const sections = groups
    .map(([title, belongs]) => [title, found.filter(belongs)])
    .filter(([, members]) => members.length > 0)
    .map(([title, members]) => `## ${title}\n\n${members.map((each) => `### ${each.name}\n\n${each.comment}\n\n\`\`\`typescript\n${each.code.trim()}\n\`\`\`\n`).join("\n")}`);
  return `# ${name}\n\n${description}\n\nWritten by \`npm run docs\` out of the package's declarations.\n\n${sections.join("\n")}`;
}
