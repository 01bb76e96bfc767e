import { execFile } from 'node:child_process';

export interface ToolResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end; undefined when there is no such program or it takes longer than 5 seconds. */
export function runTool(argv: readonly string[]): Promise<ToolResult | undefined> {
  const [program, ...args] = argv;
  return new Promise(resolve => {
    execFile(program!, args, { timeout: 5_000, maxBuffer: 1 << 22 }, (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, stdout, stderr });
      else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
      else resolve(undefined);
    });
  });
}

/** What a program prints as JSON; undefined when it fails or prints something else. */
export async function runToolJson(argv: readonly string[]): Promise<unknown> {
  const result = await runTool(argv);
  if (result === undefined || result.code !== 0) return undefined;
  try {
    return JSON.parse(result.stdout);
  } catch {
    return undefined;
  }
}
