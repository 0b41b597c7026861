import { render, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { startMiosa } from "../test/startMiosa.js";
import { SandboxStatus } from "./SandboxStatus.js";

test("says in a polite live region how the sandbox is, and is busy until it is known", async () => {
  const { client, Strict } = await startMiosa({ faults: { slowStart: { delayMs: 1_200 } } });
  const { id } = await client.sandboxes.create();
  render(<SandboxStatus sandboxId={id} />, { wrapper: Strict });
  const status = screen.getByRole("status");
  expect(status.textContent).toBe("Connecting");
  expect(status.getAttribute("aria-busy")).toBe("true");
  await waitFor(() => expect(status.textContent).toBe("Ready"));
  expect(status.dataset["phase"]).toBe("ready");
  expect(status.getAttribute("aria-busy")).toBe("false");
});

test("speaks another language, and takes what a span takes", async () => {
  const { client, Strict } = await startMiosa({ faults: { bootFails: { reason: "no image" } } });
  const { id } = await client.sandboxes.create();
  render(
    <SandboxStatus sandboxId={id} texts={{ connecting: "Verbinde", failed: <b>Fehlgeschlagen</b> }} className="mine" role="none" title="Zustand">
      !
    </SandboxStatus>,
    { wrapper: Strict },
  );
  const status = screen.getByTitle("Zustand");
  expect(status.textContent).toBe("Verbinde!");
  expect(status.className).toBe("mine");
  expect(screen.queryByRole("status")).toBeNull();
  await waitFor(() => expect(status.innerHTML).toBe("<b>Fehlgeschlagen</b>!"));
});

test("is at rest without an id", async () => {
  const { server, Strict } = await startMiosa();
  render(<SandboxStatus sandboxId={undefined} />, { wrapper: Strict });
  expect(screen.getByRole("status").textContent).toBe("Not watched");
  expect(screen.getByRole("status").getAttribute("aria-busy")).toBe("false");
  expect(server.requests.length).toBe(0);
});
