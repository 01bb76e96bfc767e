import type { Claim, Condition, Summary, Value } from './experiment.js';

/** A sentence that says how many times another figure one is. */
export interface RatioClaim extends Pick<Claim, 'section' | 'says' | 'kind'> {
  measure: string;
  /** The two conditions whose medians are compared, one divided by the other. */
  of: Where;
  to: Where;
  /** An axis: the largest ratio over its values counts, the smallest where `least` is given. */
  over?: string;
  /** It holds up to this ratio; or below it; or from it on. */
  most?: number;
  below?: number;
  least?: number;
}

/** A condition, or where it follows from what a run has measured; undefined where the run cannot tell. */
type Where = Condition | ((summary: Summary) => Condition | undefined);

interface Ratio {
  ratio: number;
  one: number;
  other: number;
  at?: Value;
}

/** A claim that a figure is so many times another one. */
export function ratioClaim({ measure, of, to, over, most, below, least, ...claim }: RatioClaim): Claim {
  return {
    ...claim,
    judge: summary => {
      const [one, other] = [of, to].map(where => (typeof where === 'function' ? where(summary) : where));
      if (one === undefined || other === undefined) return undefined;
      const places = over === undefined ? [undefined] : (summary.parameters.axes[over] ?? []);
      const found = places.flatMap((at): Ratio[] => {
        const place = at === undefined ? {} : { [over!]: at };
        const values = [one, other].map(where => summary.median(measure, { ...where, ...place }));
        const [first, second] = values;
        if (first === undefined || second === undefined || second === 0) return [];
        return [{ ratio: first / second, one: first, other: second, ...(at === undefined ? {} : { at }) }];
      });
      if (found.length === 0) return undefined;
      const sign = least === undefined ? 1 : -1;
      const worst = found.reduce((a, b) => (sign * b.ratio > sign * a.ratio ? b : a));
      return {
        found: ratioText(worst),
        holds:
          (most === undefined || worst.ratio <= most) &&
          (below === undefined || worst.ratio < below) &&
          (least === undefined || worst.ratio >= least),
      };
    },
  };
}

function ratioText({ ratio, one, other, at }: Ratio): string {
  const where = at === undefined ? '' : ` at ${typeof at === 'number' ? at.toLocaleString('en') : at}`;
  return `${ratio.toFixed(2)} times${where} (${digits(one)} against ${digits(other)})`;
}

const digits = (value: number) =>
  value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
