import type { Facts } from './facts/facts.js';

/** `problem`: something will not work. `warning`: something may not. `skipped`: it could not be looked at. */
export type FindingStatus = 'ok' | 'warning' | 'problem' | 'skipped';

/** What one check has to say, in words for a person. Ids are stable. */
export interface Finding {
  id: string;
  status: FindingStatus;
  /** The bridge, interface or controller that it is about; null for the machine. */
  subject: string | null;
  finding: string;
  /** Why it matters; null where all is well. */
  explanation: string | null;
  /** What to do; null where there is nothing to do. */
  mend: string | null;
}

/** A question with a stable id; `run` looks at nothing but the facts. */
export interface Check {
  id: string;
  run(facts: Facts): Opinion[];
}

/** A finding before its check's id is put on it. */
export interface Opinion {
  status: FindingStatus;
  subject?: string;
  finding: string;
  explanation?: string;
  mend?: string;
}

export function ok(finding: string, subject?: string): Opinion {
  return { status: 'ok', finding, ...(subject === undefined ? {} : { subject }) };
}

export function skipped(finding: string, subject?: string): Opinion {
  return { status: 'skipped', finding, ...(subject === undefined ? {} : { subject }) };
}

export function runChecks(checks: readonly Check[], facts: Facts): Finding[] {
  return checks.flatMap(({ id, run }) =>
    run(facts).map(({ status, subject = null, finding, explanation = null, mend = null }) => ({
      id,
      status,
      subject,
      finding,
      explanation,
      mend,
    })),
  );
}
