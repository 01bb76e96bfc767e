import {
  type ControllerRole,
  type GrantedRole,
  nextGenerationId,
  OpenflowReplyError,
  requestRole,
  type Session,
} from '../session/index.js';

export type WantedRole = Exclude<ControllerRole, 'nochange'>;

/** Other controllers may raise the generation id between the question and the request. */
const ATTEMPTS = 5;
/** What a switch answers that has not seen a generation id yet. */
const NO_GENERATION = 0xffff_ffff_ffff_ffffn;

/**
 * Takes a role on a switch (OpenFlow 1.3.5 section 6.3.6). A master takes the generation after the highest
 * that the switch has seen, so that the last controller that asks is the one; a slave keeps to it. A stale
 * generation id is asked for anew. Rejects with OpenflowReplyError or SessionError.
 */
export async function takeRole(session: Session, role: WantedRole): Promise<GrantedRole> {
  for (let attempt = 1; ; attempt++) {
    const seen = await requestRole(session, 'nochange');
    if (seen.role === role) return seen;
    try {
      return await requestRole(session, role, generationFor(role, seen.generationId));
    } catch (error) {
      if (!isStale(error) || attempt === ATTEMPTS) throw error;
    }
  }
}

function generationFor(role: WantedRole, seen: bigint): bigint {
  if (role === 'master') return nextGenerationId(seen);
  return seen === NO_GENERATION ? 0n : seen;
}

function isStale(error: unknown): boolean {
  return (
    error instanceof OpenflowReplyError &&
    error.errorType === 'role-request-failed' &&
    error.errorCode === 'stale'
  );
}
