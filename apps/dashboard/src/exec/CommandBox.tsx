import { useId, useLayoutEffect, useRef, useState, type FormEvent, type KeyboardEvent, type ReactElement, type RefObject } from "react";
import { describeProblem } from "../problems/describeProblem.js";
import { useAnnounce } from "../ui/Announcer.js";
import { Icon } from "../ui/Icon.js";
import { RunEntry } from "./RunEntry.js";
import { commandTimeoutSec, useRuns, type Run } from "./useRuns.js";

/** So close to its end a log counts as being there, in pixels: scroll positions are rounded. */
const followedPx = 8;

/** Runs commands in a sandbox, one at a time, with their output as it comes; Up and Down bring earlier ones back, Ctrl+C cancels. */
export function CommandBox({ sandboxId, isReady }: { sandboxId: string; isReady: boolean }): ReactElement {
  const announce = useAnnounce();
  const { runs, isRunning, run, cancel } = useRuns(sandboxId, (ended) => announce(spoken(ended)));
  const [command, setCommand] = useState("");
  const [stepsBack, setStepsBack] = useState(0);
  const field = useRef<HTMLInputElement>(null);
  const log = useRef<HTMLOListElement>(null);
  const follow = useFollow(log, runs);
  const hintId = useId();
  const canRun = isReady && !isRunning && command.trim() !== "";

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!canRun) return;
    setCommand("");
    setStepsBack(0);
    follow.again();
    run(command);
  };
  const runAgain = (again: string): void => {
    follow.again();
    run(again);
    field.current?.focus(); // from there Ctrl+C cancels it
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    const { selectionStart, selectionEnd } = event.currentTarget;
    const isInterrupt = event.ctrlKey && !event.shiftKey && event.key.toLowerCase() === "c" && selectionStart === selectionEnd;
    if (isRunning && isInterrupt) return cancel();
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    const next = Math.max(0, Math.min(runs.length, stepsBack + (event.key === "ArrowUp" ? 1 : -1)));
    event.preventDefault();
    setStepsBack(next);
    setCommand(next === 0 ? "" : (runs.at(-next)?.command ?? ""));
  };

  return (
    <section className="console" aria-labelledby={`${hintId}-title`}>
      <header className="console-head">
        <h3 id={`${hintId}-title`}>Commands</h3>
        <p id={hintId}>{hintFor(isReady, isRunning)}</p>
      </header>
      {runs.length > 0 && (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard (WCAG 2.1.1)
        <ol className="runs" ref={log} onScroll={follow.onScroll} tabIndex={0} aria-label="Commands run so far">
          {runs.map((entry) => (
            <RunEntry key={entry.startedAtMs} run={entry} onRunAgain={entry.phase === "failed" && isReady && !isRunning ? runAgain : null} />
          ))}
        </ol>
      )}
      <form className="console-form" onSubmit={submit}>
        <label className="console-field">
          <span className="visually-hidden">Command</span>
          <span aria-hidden="true" className="prompt">$</span>
          <input
            ref={field}
            name="command"
            value={command}
            onChange={(event) => setCommand(event.target.value)}
            onKeyDown={onKeyDown}
            aria-describedby={hintId}
            placeholder={isReady && runs.length === 0 ? "echo hi" : ""}
            autoComplete="off"
            autoCapitalize="off"
            autoCorrect="off"
            spellCheck={false}
            enterKeyHint="go"
          />
        </label>
        {isRunning ? (
          <button
            type="button"
            className="button console-run"
            onClick={() => {
              cancel();
              field.current?.focus();
            }}
          >
            <Icon name="stop" />
            Cancel
          </button>
        ) : (
          <button type="submit" className="button console-run" aria-disabled={!canRun}>
            Run
          </button>
        )}
      </form>
    </section>
  );
}

function hintFor(isReady: boolean, isRunning: boolean): string {
  if (isRunning) return "Leaving this page cancels it";
  return isReady ? `Each may take up to ${commandTimeoutSec / 60} min` : "Open once the sandbox is ready";
}

function spoken(run: Run): string {
  if (run.phase === "failed") return describeProblem(run.error, { subject: "command" }).title;
  if (run.phase !== "done") return "Command cancelled";
  const end = run.output.lines.slice(-5).map(({ line }) => line).join("\n");
  return `Exit code ${run.exitCode}. ${end.slice(-300)}`;
}

/** Keeps the newest output in sight, unless someone has scrolled back to read. */
function useFollow(log: RefObject<HTMLElement | null>, runs: readonly Run[]): { onScroll: () => void; again: () => void } {
  const [isFollowed, setIsFollowed] = useState(true);
  useLayoutEffect(() => {
    const element = log.current;
    if (isFollowed && element !== null && runs.length > 0) element.scrollTo({ top: element.scrollHeight });
  }, [log, runs, isFollowed]);
  const onScroll = (): void => {
    const element = log.current;
    if (element !== null) setIsFollowed(element.scrollHeight - element.scrollTop - element.clientHeight < followedPx);
  };
  return { onScroll, again: () => setIsFollowed(true) };
}
