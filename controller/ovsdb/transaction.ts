import { OvsdbError } from './errors.js';
import type { WireResult } from './wire.js';

/**
 * The results of a `transact` call with `count` operations, if all succeeded. Throws OvsdbError
 * `transaction-failed` or `wait-failed` with the operation's index, or `malformed`.
 *
 * The reply has one element an operation; after a failure the rest is null, and an error at commit is one
 * element more (RFC 7047, section 4.1.3).
 */
export function readResults(reply: unknown, count: number): WireResult[] {
  if (!Array.isArray(reply)) throw new OvsdbError('malformed', 'the reply to transact is no list');
  reply.forEach((element: unknown, index) => {
    if (typeof element !== 'object' || Array.isArray(element)) {
      throw new OvsdbError('malformed', `result ${index} of a transaction is no object`);
    }
    if (element !== null && 'error' in element) {
      throw failure(element as { error: unknown; details?: unknown }, index, count);
    }
  });
  if (reply.length !== count || reply.includes(null)) {
    throw new OvsdbError('malformed', `a transaction of ${count} operations had ${reply.length} results`);
  }
  return reply as WireResult[];
}

function failure(element: { error: unknown; details?: unknown }, index: number, count: number): OvsdbError {
  const reason = String(element.error ?? 'no reason given').slice(0, 200);
  const details = typeof element.details === 'string' ? `: ${element.details.slice(0, 2000)}` : '';
  const where = index < count ? `operation ${index}` : 'the commit';
  const code = reason === 'timed out' ? 'wait-failed' : 'transaction-failed';
  return new OvsdbError(code, `${where} failed, nothing was changed: ${reason}${details}`, {
    reason,
    ...(index < count ? { operation: index } : {}),
  });
}
