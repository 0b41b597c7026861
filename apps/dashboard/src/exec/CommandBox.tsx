import { useEffect, useId, useRef, useState, type FormEvent, type KeyboardEvent, type ReactElement, type RefObject } from "react";
import { describeProblem } from "../problems/describeProblem.js";
import { useAnnounce } from "../ui/Announcer.js";
import { Icon } from "../ui/Icon.js";
import { RunEntry } from "./RunEntry.js";
import { commandTimeoutSec, useRuns, type Run } from "./Runs.js";

/** Runs commands in a sandbox, one at a time; Up and Down bring earlier ones back. */
export function CommandBox({ sandboxId, isReady }: { sandboxId: string; isReady: boolean }): ReactElement {
  const { runs, run, cancel } = useRuns(sandboxId);
  const [command, setCommand] = useState("");
  const recall = useRecall(runs, setCommand);
  const announce = useAnnounce();
  const field = useRef<HTMLInputElement>(null);
  const log = useFollowedLog(runs);
  const hintId = useId();
  const running = runs.find(({ phase }) => phase === "running");
  const canRun = isReady && running === undefined && command.trim() !== "";

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!canRun) return;
    setCommand("");
    recall.reset();
    announce(spoken(await run(command)));
  };

  return (
    <section className="console" aria-labelledby={`${hintId}-title`}>
      <header className="console-head">
        <h3 id={`${hintId}-title`}>Commands</h3>
        <p id={hintId}>{isReady ? `Each may take up to ${commandTimeoutSec} s` : "Open once the sandbox is ready"}</p>
      </header>
      {runs.length > 0 && (
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard (WCAG 2.1.1)
        <ol className="runs" ref={log} tabIndex={0} aria-label="Commands run so far">
          {runs.map((entry) => (
            <RunEntry key={entry.key} run={entry} />
          ))}
        </ol>
      )}
      <form className="console-form" onSubmit={(event) => void submit(event)}>
        <label className="console-field">
          <span className="visually-hidden">Command</span>
          <span aria-hidden="true" className="prompt">$</span>
          <input
            ref={field}
            name="command"
            value={command}
            onChange={(event) => setCommand(event.target.value)}
            onKeyDown={recall.onKeyDown}
            aria-describedby={hintId}
            placeholder={isReady && runs.length === 0 ? "echo hi" : ""}
            autoComplete="off"
            autoCapitalize="off"
            autoCorrect="off"
            spellCheck={false}
            enterKeyHint="go"
          />
        </label>
        {running === undefined ? (
          <button type="submit" className="button console-run" aria-disabled={!canRun}>
            Run
          </button>
        ) : (
          <button
            type="button"
            className="button console-run"
            onClick={() => {
              cancel(running.key);
              field.current?.focus();
            }}
          >
            <Icon name="stop" />
            Cancel
          </button>
        )}
      </form>
    </section>
  );
}

function spoken(run: Run): string {
  if (run.phase === "done") return `Exit code ${run.result.exitCode}. ${run.result.output.slice(0, 300)}`;
  if (run.phase === "failed") return describeProblem(run.error).title;
  return run.phase === "cancelled" ? "Command cancelled" : "Command running";
}

/** Up and Down go through earlier commands, as in a shell. */
function useRecall(
  runs: readonly Run[],
  setCommand: (command: string) => void,
): { onKeyDown: (event: KeyboardEvent) => void; reset: () => void } {
  const [stepsBack, setStepsBack] = useState(0);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    const next = Math.max(0, Math.min(runs.length, stepsBack + (event.key === "ArrowUp" ? 1 : -1)));
    event.preventDefault();
    setStepsBack(next);
    setCommand(next === 0 ? "" : (runs.at(-next)?.command ?? ""));
  };
  return { onKeyDown, reset: () => setStepsBack(0) };
}

/** Keeps the newest run in sight. */
function useFollowedLog(runs: readonly Run[]): RefObject<HTMLOListElement | null> {
  const log = useRef<HTMLOListElement>(null);
  const newest = runs.at(-1);
  useEffect(() => {
    if (newest !== undefined && log.current !== null) log.current.scrollTop = log.current.scrollHeight;
  }, [newest]);
  return log;
}
