/** What the process ends with; part of the interface, listed in `cloakflow help exit-codes`. */
export const ExitCode = {
  OK: 0,
  FAILED: 1,
  USAGE: 2,
  NO_CONTROLLER: 3,
  MISSING_PREREQUISITE: 4,
  INTERNAL: 70,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

export const EXIT_CODES: readonly (readonly [code: string, meaning: string])[] = [
  ['0', 'it worked'],
  ['1', 'it ran and found something wrong: a malformed message, a faulty configuration, a failed command'],
  ['2', 'usage: an unknown command or option, an argument that makes no sense'],
  ['3', 'no running controller answers on the admin socket'],
  ['4', 'the machine lacks something the command needs: root, Open vSwitch, Mininet, a newer Node'],
  ['70', 'internal error: a bug in cloakflow, please report it'],
  ['128 + N', 'ended by signal N (130 for a second Ctrl-C)'],
];

export function exitCodesText(): string {
  return ['Exit codes:', ...EXIT_CODES.map(([code, meaning]) => `  ${code.padEnd(8)} ${meaning}`)].join('\n');
}
