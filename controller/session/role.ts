import type { DecodedOf, RequestOptions } from './requests.js';
import type { Session } from './session.js';

export type ControllerRole = DecodedOf<'role-reply'>['role'];

/** The role that a switch says this connection has (OpenFlow 1.3.5 section 6.3.6). */
export interface GrantedRole {
  role: ControllerRole;
  /** The highest generation id that the switch has seen; unsigned 64 bits. */
  generationId: bigint;
}

/**
 * Asks for a role. `master` and `slave` carry a generation id, which must not be lower (modulo 2^64) than any the switch
 * has seen: otherwise it rejects with `role-request-failed/stale`. `nochange` only asks which role it is.
 */
export async function requestRole(
  session: Session,
  role: ControllerRole,
  generationId = 0n,
  options: RequestOptions = {},
): Promise<GrantedRole> {
  const reply = await session.request({ type: 'role-request', role, generationId }, options);
  return { role: reply.role, generationId: reply.generationId };
}

/** The generation id to use after the switch named `seen`: the next one, modulo 2^64. */
export function nextGenerationId(seen: bigint): bigint {
  return BigInt.asUintN(64, seen + 1n);
}
