import { timingSafeEqual } from 'node:crypto';
import { CAPABILITY_PARAMETER } from '../../capability.js';

/** Parameters of that name that are looked at; an application may have one of its own. */
const MOST = 8;

/**
 * A request target, such as `/a?c=CAPABILITY&b=1`, without its capability: `/a?b=1`. Undefined where it is missing, wrong, or
 * elsewhere than in the query. Compared in a time that does not depend on the capability; everything else of the target stays
 * byte by byte.
 */
export function withoutCapability(target: string, capability: string): string | undefined {
  const mark = target.indexOf('?');
  if (mark < 0) return undefined;
  const expected = Buffer.from(capability, 'latin1');
  let seen = 0;
  let found = false;
  const others = target
    .slice(mark + 1)
    .split('&')
    .filter(pair => {
      if (!pair.startsWith(`${CAPABILITY_PARAMETER}=`) || ++seen > MOST) return true;
      const same = equal(Buffer.from(pair.slice(CAPABILITY_PARAMETER.length + 1), 'latin1'), expected);
      found ||= same;
      return !same;
    });
  if (!found) return undefined;
  return target.slice(0, mark) + (others.length > 0 ? `?${others.join('&')}` : '');
}

function equal(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
