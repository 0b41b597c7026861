import { readFile } from "node:fs/promises";
import type { Page } from "playwright";
import { expect, test } from "vitest";
import type { StackOptions } from "../scripts/devStack.mjs";
import { createSandbox, filesOf, leaveAndReturn, readinessOf, runCommand, seenReady, setUpDashboard, shown, startCommand } from "./dashboard.js";

const { openStack, openPage } = setUpDashboard();

const name = "workshop";

/** A page on a sandbox that is ready, of a stack that nothing but the test uses. */
async function openSandbox(options: StackOptions = {}): Promise<{ page: Page; id: string }> {
  const stack = await openStack(options);
  const { page } = await openPage();
  const id = await createSandbox(page, stack.url, name);
  await seenReady(page);
  return { page, id };
}

const editorOf = (page: Page, path: string) => page.getByRole("textbox", { name: `Text of ${path.split("/").at(-1)}` });

/** Makes an empty file by the panel, which then shows it. */
async function makeFile(page: Page, file: string): Promise<void> {
  await filesOf(page).getByRole("button", { name: "New file" }).click();
  await filesOf(page).getByRole("textbox", { name: "Name" }).fill(file);
  await page.keyboard.press("Enter");
  await editorOf(page, file).waitFor();
}

test("what a command prints is on the page before it ends", async () => {
  const { page } = await openSandbox();
  const run = await startCommand(page, "echo first; until [ -e go ]; do sleep 0.05; done; echo second >&2");
  await run.getByRole("group", { name: "Output" }).getByText("first").waitFor();
  expect(await run.getByText("Running", { exact: true }).isVisible()).toBe(true);
  await makeFile(page, "go");
  await run.getByRole("group", { name: "Standard error" }).getByText("second").waitFor();
  await run.getByText("Exit code 0").waitFor();
});

test("a cancelled command keeps what it printed, and another can be run", async () => {
  const { page } = await openSandbox();
  const run = await startCommand(page, "echo begun; sleep 60");
  await run.getByText("begun", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await run.getByText("Cancelled", { exact: true }).waitFor();
  expect(await run.getByRole("group", { name: "Output" }).innerText()).toBe("begun");
  const other = await startCommand(page, "sleep 60");
  await page.keyboard.press("Control+C");
  await other.getByText("Cancelled", { exact: true }).waitFor();
  await (await runCommand(page, "echo again")).getByText("Exit code 0").waitFor();
});

test("commands that ended are there when one comes back, and leaving cancels the one that runs", async () => {
  const { page } = await openSandbox();
  await runCommand(page, "echo kept; exit 4");
  const running = await startCommand(page, "echo so far; sleep 60");
  await running.getByText("so far", { exact: true }).waitFor();
  expect(await shown(page.getByText("Leaving this page cancels it"))).toBe(true);
  await leaveAndReturn(page, name);
  const runs = page.getByRole("list", { name: "Commands run so far" }).locator(".run");
  await runs.nth(0).getByText("Exit code 4").waitFor();
  await runs.nth(1).getByText("Cancelled", { exact: true }).waitFor();
  expect(await runs.getByRole("group", { name: "Output" }).allInnerTexts()).toEqual(["kept", "so far"]);
});

test("of an endless output the end is kept, with a count of what is not", async () => {
  const { page } = await openSandbox();
  const run = await runCommand(page, "seq 1 200000");
  await run.getByText("199,000 earlier lines dropped").waitFor();
  const lines = (await run.getByRole("group", { name: "Output" }).innerText()).split("\n");
  expect([lines.length, lines[0], lines.at(-1)]).toEqual([1_000, "199001", "200000"]);
});

test("a command whose connection breaks keeps what it printed, says so, and can be run again from there", async () => {
  const { page } = await openSandbox();
  const body = 'event: stdout\ndata: {"type":"stdout","line":"so far"}\n\n'; // and no end
  await page.route("**/exec/stream", (route) => route.fulfill({ contentType: "text/event-stream", body }), { times: 1 });
  const broken = await runCommand(page, "echo again");
  expect(await broken.getByRole("group", { name: "Output" }).innerText()).toBe("so far");
  expect(await broken.getByRole("alert").innerText()).toMatch(/^The connection broke\. .*look before you run it again/);
  await broken.getByRole("button", { name: "Run again" }).click();
  const again = page.getByRole("list", { name: "Commands run so far" }).locator(".run").nth(1);
  await again.getByText("Exit code 0").waitFor();
  expect(await again.getByRole("group", { name: "Output" }).innerText()).toBe("again");
  expect(await page.getByRole("textbox", { name: "Command" }).evaluate((field) => field === document.activeElement)).toBe(true);
});

test("a text that is written on the page is what a command reads, and the other way round", async () => {
  const { page } = await openSandbox();
  await makeFile(page, "src/notes.txt");
  await editorOf(page, "notes.txt").fill("one\ntwo ü\n");
  await filesOf(page).getByRole("button", { name: "Save" }).click();
  await filesOf(page).getByText("Saved.").waitFor();
  const read = await runCommand(page, "cat src/notes.txt; echo three >> src/notes.txt");
  expect(await read.getByRole("group", { name: "Output" }).innerText()).toBe("one\ntwo ü");
  await expect.poll(() => editorOf(page, "notes.txt").inputValue()).toBe("one\ntwo ü\nthree\n");
  await filesOf(page).getByRole("button", { name: "workspace" }).click();
  await filesOf(page).getByRole("button", { name: /^src/ }).click();
  await filesOf(page).getByRole("row", { name: /notes\.txt.*17 B/ }).waitFor();
});

test("a text that was not saved survives leaving, and says when the file has changed under it", async () => {
  const { page } = await openSandbox();
  await makeFile(page, "draft.txt");
  await editorOf(page, "draft.txt").fill("mine");
  await leaveAndReturn(page, name);
  expect(await editorOf(page, "draft.txt").inputValue()).toBe("mine");
  await runCommand(page, "echo theirs > draft.txt");
  await filesOf(page).getByText("The file has changed in the sandbox since you began").waitFor();
  expect(await editorOf(page, "draft.txt").inputValue()).toBe("mine");
  await filesOf(page).getByRole("button", { name: "Drop mine" }).click();
  expect(await editorOf(page, "draft.txt").inputValue()).toBe("theirs\n");
});

test("a file with the line ends of Windows keeps them", async () => {
  const { page } = await openSandbox();
  await runCommand(page, "printf 'a\\r\\nb\\r\\n' > dos.txt");
  await filesOf(page).getByRole("button", { name: "dos.txt", exact: true }).click();
  await editorOf(page, "dos.txt").fill("a\nchanged\n");
  await page.keyboard.press("Control+s");
  await filesOf(page).getByText("Saved.").waitFor();
  const read = await runCommand(page, "od -An -c dos.txt | tr -d ' '");
  expect(await read.getByRole("group", { name: "Output" }).innerText()).toBe("a\\r\\nchanged\\r\\n");
});

test("a file that is no text or too long is not shown, and downloads byte for byte", async () => {
  const { page } = await openSandbox();
  await runCommand(page, "printf '\\377\\000\\001' > raw.bin; head -c 600000 /dev/zero > long.txt");
  await filesOf(page).getByRole("button", { name: "long.txt", exact: true }).click();
  expect(await shown(filesOf(page).getByText("long.txt holds 600 kB, too much to show here."))).toBe(true);
  await filesOf(page).getByRole("button", { name: "workspace" }).click();
  await filesOf(page).getByRole("button", { name: "raw.bin", exact: true }).click();
  expect(await shown(filesOf(page).getByText("raw.bin is not UTF-8 text"))).toBe(true);
  const [download] = await Promise.all([page.waitForEvent("download"), filesOf(page).getByRole("button", { name: "Download raw.bin" }).click()]);
  expect(download.suggestedFilename()).toBe("raw.bin");
  expect([...(await readFile(await download.path()))]).toEqual([255, 0, 1]);
});

test("a file that is gone says so, and a folder that cannot be read offers another try", async () => {
  const { page } = await openSandbox({ local: { faults: { serverError: { routes: ["GET /computers/:id/files/list"], times: 1 } } } });
  await filesOf(page).getByRole("alert").getByRole("button", { name: "Try again" }).click();
  await filesOf(page).getByText("Nothing is in /workspace yet").waitFor();
  await makeFile(page, "brief.txt");
  await runCommand(page, "rm brief.txt");
  expect(await shown(filesOf(page).getByText("It is not there any more"))).toBe(true);
});

test("once it is ready the page shows how the boot went, without waiting for its next look at the sandbox", async () => {
  const { page } = await openSandbox({ local: { driver: "process" } });
  const timeline = readinessOf(page).getByRole("list", { name: "Boot timeline" });
  const beforeNextLook = { timeout: 8_000 }; // of ten seconds
  await timeline.waitFor(beforeNextLook);
  expect(await timeline.getByRole("listitem").allInnerTexts()).toEqual([expect.stringMatching(/^Allocate\s+\d/), expect.stringMatching(/^Self-test\s+\d/)]);
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await timeline.waitFor(beforeNextLook);
});

test("while it boots the page shows the steps as they pass, without a stream of its own for them", async () => {
  const { local, url } = await openStack({ local: { driver: "process", faults: { slowStart: { delayMs: 3_000 } } } });
  const { page } = await openPage();
  const id = await createSandbox(page, url, name);
  const timeline = readinessOf(page).getByRole("list", { name: "Boot timeline" });
  await timeline.getByRole("listitem").filter({ hasText: /^Allocate.*under way/s }).waitFor();
  expect(await readinessOf(page).locator(".status", { hasText: "Ready" }).count()).toBe(0);
  expect(await timeline.locator('[aria-current="step"]').count()).toBe(1);
  await seenReady(page);
  await expect.poll(() => timeline.getByRole("listitem").allInnerTexts()).toEqual([expect.stringMatching(/^Allocate\s+\d+\.\d+ s/), expect.stringMatching(/^Self-test\s+\d/)]);
  expect(local.countRequests(`GET /sandboxes/${id}/events`) + local.countRequests("GET /sandboxes/:id/events")).toBe(0);
});

test("a sandbox is stopped and started again with its files, and its commands stay in sight", async () => {
  const { page } = await openSandbox();
  await runCommand(page, "echo still here > file.txt; echo printed");
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByRole("region", { name: "Status" }).getByText("Stopped").waitFor();
  expect(await shown(filesOf(page).getByText("Shown once the sandbox is ready."))).toBe(true);
  expect(await shown(page.getByRole("group", { name: "Output" }).getByText("printed"))).toBe(true);
  expect(await page.getByRole("button", { name: "Run", exact: true }).getAttribute("aria-disabled")).toBe("true");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await seenReady(page);
  const read = await runCommand(page, "cat file.txt");
  expect(await read.getByRole("group", { name: "Output" }).innerText()).toBe("still here");
});

test("a start that the server refuses is said, and the sandbox stands as it was", async () => {
  const { page } = await openSandbox({ local: { faults: { serverError: { status: 503, routes: ["POST /computers/:id/start"], times: 1 } } } });
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByRole("main").getByRole("alert").getByText("The sandbox API does not answer").waitFor();
  await page.getByRole("region", { name: "Status" }).getByText("Stopped").waitFor();
  await page.getByRole("main").getByRole("alert").getByRole("button", { name: "Try again" }).click();
  await seenReady(page);
});
