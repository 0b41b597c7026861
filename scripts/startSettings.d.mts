/** A mistake of the person who starts: its message is shown as it stands, without a stack. */
export class StartMistake extends Error {}

/** What `npm start -- --help` says. */
export const startHelp: string;

/** What `npm start` was told. */
export interface StartSettings {
  port: number;
  localPort: number;
  /** The API to use in place of the local server. */
  remote: { apiKey: string; baseUrl: string } | undefined;
  dev: boolean;
  help: boolean;
  tenantFile: string | undefined;
  /** Whether the local server's sandboxes outlive it. */
  keepsState: boolean;
  /** Where they do; undefined for the project's own directory. */
  stateDir: string | undefined;
}

/** Reads what `npm start` was told by environment and arguments. Throws a {@link StartMistake} that says what to change. */
export function readStartSettings(env: Readonly<Record<string, string | undefined>>, args: readonly string[]): StartSettings;
