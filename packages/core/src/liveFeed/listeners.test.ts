import { expect, test, vi } from "vitest";
import { createListeners } from "./listeners.js";

test("a listener that throws keeps no other from being called, and its error is not lost", () => {
  const reported = vi.fn();
  vi.stubGlobal("reportError", reported);
  const listeners = createListeners<[string]>();
  const broken = new Error("broken listener");
  const later = vi.fn();
  listeners.add(() => {
    throw broken;
  });
  listeners.add(later);
  listeners.tell("news");
  vi.unstubAllGlobals();
  expect(later).toHaveBeenCalledExactlyOnceWith("news");
  expect(reported).toHaveBeenCalledExactlyOnceWith(broken);
});

test("a listener that was taken back is called no more, and one added twice is two", () => {
  const listeners = createListeners<[]>();
  const heard = vi.fn();
  const stop = listeners.add(heard);
  listeners.add(heard);
  listeners.tell();
  stop();
  stop();
  listeners.tell();
  expect(heard).toHaveBeenCalledTimes(3);
  expect(listeners.count()).toBe(1);
});
