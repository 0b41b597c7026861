import { readFile } from "node:fs/promises";
import type { LocalServerOptions } from "@miosa/local";
import type { Locator, Page, Route } from "playwright";
import { expect, test } from "vitest";
import { createSandbox, filesOf, leaveAndReturn, runCommand, seenReady, setUpDashboard, shown } from "./dashboard.js";

const { openStack, openPage } = setUpDashboard();
const name = "workshop";
type Faults = NonNullable<LocalServerOptions["faults"]>;

/** The files of a sandbox in which a command has run. */
async function openFiles(command: string, faults: Faults = {}): Promise<{ page: Page; files: Locator }> {
  const { url } = await openStack({ local: { faults } });
  const { page } = await openPage();
  await createSandbox(page, url, name);
  await seenReady(page);
  await (await runCommand(page, command)).getByText("Exit code 0").waitFor();
  return { page, files: filesOf(page) };
}

const folder = (files: Locator, folderName: string) => files.getByRole("button", { name: new RegExp(`^${folderName}\\b.*folder$`) });
const entry = (files: Locator, entryName: string) => files.getByRole("button", { name: entryName, exact: true });

/** What a command prints. */
async function printed(page: Page, command: string): Promise<string> {
  return (await runCommand(page, command)).getByRole("group", { name: "Output" }).innerText();
}

async function choose(files: Locator, chosen: Record<string, string>): Promise<void> {
  const buffers = Object.entries(chosen).map(([fileName, text]) => ({ name: fileName, mimeType: "text/plain", buffer: Buffer.from(text) }));
  await files.getByLabel("Files to upload").setInputFiles(buffers);
}

test("a file is deleted only after a second look, and the first answer keeps it", async () => {
  const { page, files } = await openFiles("echo text > notes.txt; touch other.txt");
  await files.getByRole("button", { name: "Actions for notes.txt" }).click();
  await files.getByRole("button", { name: "Delete notes.txt" }).click();
  await page.keyboard.press("Enter");
  expect(await page.getByRole("alertdialog").count()).toBe(0);
  expect(await printed(page, "ls")).toBe("notes.txt\nother.txt");
  await files.getByRole("button", { name: "Delete notes.txt" }).click();
  await page.getByRole("button", { name: "Delete file" }).click();
  await entry(files, "notes.txt").waitFor({ state: "detached" });
  expect(await printed(page, "ls")).toBe("other.txt");
});

test("a new file takes the place of none, be it in a folder that is not shown", async () => {
  const { page, files } = await openFiles("mkdir src; echo mine > src/main.py");
  await files.getByRole("button", { name: "New file" }).click();
  await files.getByRole("textbox", { name: "Name" }).fill("src/main.py");
  await page.keyboard.press("Enter");
  await files.getByText("There is one of this name already.").waitFor();
  expect(await printed(page, "cat src/main.py")).toBe("mine");
  await files.getByRole("textbox", { name: "Name" }).fill("src/other.py");
  await page.keyboard.press("Enter");
  await page.getByRole("textbox", { name: "Text of other.py" }).waitFor();
});

test("a folder is deleted with what is in it, and the dialog says so, and what was not saved in it", async () => {
  const { page, files } = await openFiles("mkdir -p src/deep; echo a > src/a.txt; touch src/deep/b.txt");
  await folder(files, "src").click();
  await entry(files, "a.txt").click();
  await page.getByRole("textbox", { name: "Text of a.txt" }).fill("mine");
  await files.getByRole("button", { name: "workspace" }).click();
  await files.getByRole("button", { name: "Actions for src" }).click();
  await files.getByRole("button", { name: "Delete src" }).click();
  const dialog = page.getByRole("alertdialog");
  expect(await dialog.innerText()).toContain("with everything in it");
  expect(await dialog.innerText()).toContain("What you changed there and did not save goes with it.");
  await dialog.getByRole("button", { name: "Delete folder" }).click();
  await files.getByText("Nothing is in /workspace yet").waitFor();
  expect(await printed(page, "ls -A | wc -l")).toBe("0");
});

test("a file that is deleted where it is shown gives way to its folder", async () => {
  const { page, files } = await openFiles("mkdir src; touch src/a.txt src/b.txt");
  await folder(files, "src").click();
  await entry(files, "a.txt").click();
  await files.getByRole("button", { name: "Delete a.txt" }).click();
  await page.getByRole("button", { name: "Delete file" }).click();
  await entry(files, "b.txt").waitFor();
  await entry(files, "a.txt").waitFor({ state: "detached" });
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toBe("src");
});

test("a deletion that the server refuses is said in the dialog, and nothing is gone", async () => {
  const faults: Faults = { serverError: { status: 503, routes: ["DELETE /computers/:id/files"], times: 1 } };
  const { page, files } = await openFiles("touch notes.txt", faults);
  await files.getByRole("button", { name: "Actions for notes.txt" }).click();
  await files.getByRole("button", { name: "Delete notes.txt" }).click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByRole("button", { name: "Delete file" }).click();
  await dialog.getByRole("alert").getByText("The sandbox API does not answer").waitFor();
  await dialog.getByRole("button", { name: "Delete file" }).click();
  await files.getByText("Nothing is in /workspace yet").waitFor();
});

test("what was typed and not saved goes along when its file is renamed", async () => {
  const { page, files } = await openFiles("echo text > old.txt");
  await entry(files, "old.txt").click();
  await page.getByRole("textbox", { name: "Text of old.txt" }).fill("mine");
  await files.getByRole("button", { name: "Rename old.txt" }).click();
  await page.keyboard.type("new");
  await page.keyboard.press("Enter");
  const editor = page.getByRole("textbox", { name: "Text of new.txt" });
  await editor.waitFor();
  expect(await editor.inputValue()).toBe("mine");
  await files.getByRole("button", { name: "Save" }).click();
  await files.getByText("Saved.").waitFor();
  expect(await printed(page, "ls; cat new.txt")).toBe("new.txt\nmine");
});

test("a rename does not replace a file, not even one that the page has not seen yet", async () => {
  const { page, files } = await openFiles("echo one > one.txt");
  await files.getByRole("button", { name: "Actions for one.txt" }).click();
  await files.getByRole("button", { name: "Rename one.txt" }).click();
  const addUnseen = async (route: Route): Promise<void> => {
    const answer = await route.fetch();
    const wire: { data: { entries: object[] } } = await answer.json();
    const unseen = { name: "two.txt", path: "/workspace/two.txt", type: "file", size_bytes: 4 };
    await route.fulfill({ response: answer, json: { data: { entries: [...wire.data.entries, unseen] } } });
  };
  await page.route("**/files/list**", addUnseen, { times: 1 });
  await files.getByRole("textbox", { name: "New name of one.txt" }).fill("two.txt");
  await page.keyboard.press("Enter");
  expect(await shown(files.getByText("There is one of this name already."))).toBe(true);
  expect(await printed(page, "ls")).toBe("one.txt");
});

test("a folder is made and opened, and files are uploaded into it", async () => {
  const { page, files } = await openFiles("true");
  await files.getByRole("button", { name: "New folder" }).click();
  await files.getByRole("textbox", { name: "Name" }).fill("src/pages");
  await page.keyboard.press("Enter");
  await files.getByText("Nothing is in /workspace/src/pages yet").waitFor();
  await choose(files, { "a.txt": "one", "ü b.txt": "two" });
  await entry(files, "a.txt").waitFor();
  await entry(files, "ü b.txt").waitFor();
  await files.getByRole("heading", { name: "Uploads" }).waitFor({ state: "detached" });
  expect(await printed(page, "cd src/pages; cat a.txt 'ü b.txt'")).toBe("onetwo");
});

test("an upload asks before it replaces files, and keeps them when told to", async () => {
  const { page, files } = await openFiles("echo -n theirs > a.txt; echo -n theirs > b.txt");
  const dialog = page.getByRole("alertdialog");
  await choose(files, { "a.txt": "mine", "b.txt": "mine", "c.txt": "new" });
  expect(await shown(dialog.getByRole("heading", { name: "Replace 2 files?" }))).toBe(true);
  await page.keyboard.press("Escape");
  await entry(files, "c.txt").waitFor();
  expect(await printed(page, "cat a.txt b.txt c.txt")).toBe("theirstheirsnew");
  await choose(files, { "a.txt": "mine" });
  await dialog.getByRole("button", { name: "Replace" }).click();
  await files.getByRole("row", { name: /a\.txt.*4 B/ }).waitFor();
  expect(await printed(page, "cat a.txt b.txt")).toBe("minetheirs");
});

test("files are uploaded where they are dropped, and one that is dropped beside does not make the browser leave", async () => {
  const { page, files } = await openFiles("mkdir src");
  const held = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(["dropped"], "dropped.txt"));
    return transfer;
  });
  await files.dispatchEvent("dragover", { dataTransfer: held });
  expect(await shown(files.getByText("Drop to upload to workspace"))).toBe(true);
  await files.dispatchEvent("drop", { dataTransfer: held });
  await entry(files, "dropped.txt").waitFor();
  expect(await printed(page, "cat dropped.txt")).toBe("dropped");
  const isHeld = await page.getByRole("region", { name: "Details" }).evaluate((element, dataTransfer) => {
    return !element.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
  }, held);
  expect(isHeld).toBe(true);
  expect(await files.getByRole("heading", { name: "Uploads" }).count()).toBe(0);
});

test("an upload that fails is kept in sight, can be tried again, and a large one can be cancelled", async () => {
  const faults: Faults = { serverError: { status: 503, routes: ["POST /computers/:id/files/upload"], times: 1 } };
  const { page, files } = await openFiles("true", faults);
  await choose(files, { "a.txt": "text" });
  const item = files.getByRole("list", { name: "Uploads" }).getByRole("listitem");
  await item.getByText("The sandbox API does not answer").waitFor();
  await item.getByRole("button", { name: "Try again to upload a.txt" }).click();
  await entry(files, "a.txt").waitFor();
  await expect.poll(() => item.count()).toBe(0);

  await page.route("**/files/upload", () => undefined); // never answered
  await choose(files, { "b.txt": "text", "c.txt": "text" });
  await files.getByText(/^Uploading 4 B/).waitFor();
  await files.getByText(/^Waiting: 4 B/).waitFor();
  await files.getByRole("button", { name: "Cancel b.txt" }).click();
  await files.getByRole("button", { name: "Cancel c.txt" }).click();
  await expect.poll(() => item.count()).toBe(0);
  expect(await printed(page, "ls")).toBe("a.txt");
});

test("leaving the sandbox's page cancels what is being uploaded", async () => {
  const { page, files } = await openFiles("true");
  let failures = 0;
  page.on("requestfailed", (request) => (failures += request.url().endsWith("/files/upload") ? 1 : 0));
  await page.route("**/files/upload", () => undefined); // never answered
  await choose(files, { "a.txt": "text" });
  await files.getByText("Leaving this sandbox's page cancels them.").waitFor();
  await leaveAndReturn(page, name);
  await expect.poll(() => failures).toBe(1);
  await files.getByText("Nothing is in /workspace yet").waitFor();
});

test("a download that fails is said on the page, and a file is saved whole", async () => {
  const faults: Faults = { serverError: { status: 503, routes: ["GET /computers/:id/files/download"], times: 1 } };
  const { page, files } = await openFiles("head -c 3000000 /dev/urandom > raw.bin; md5sum raw.bin > sum.txt", faults);
  await files.getByRole("button", { name: "Actions for raw.bin" }).click();
  const button = files.getByRole("button", { name: "Download raw.bin" });
  await button.click();
  await files.getByRole("alert").getByText("The sandbox API does not answer").waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
  expect(download.suggestedFilename()).toBe("raw.bin");
  expect((await readFile(await download.path())).length).toBe(3_000_000);
  await files.getByRole("alert").waitFor({ state: "detached" });
});
