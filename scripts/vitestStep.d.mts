/** Counts of a report of Vitest's JSON reporter, and the test files it names, relative to the root. */
export function readReport(report: {
  testResults: readonly {
    name: string;
    status: string;
    message?: string;
    assertionResults: readonly { status: string; fullName: string }[];
  }[];
}): { passed: number; failed: number; files: string[] };
