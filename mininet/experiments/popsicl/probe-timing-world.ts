import { setTimeout as sleep } from 'node:timers/promises';
import { drawLabel } from '../../../apps/popsicl/pseudonym/label.js';
import { spread } from '../../report/statistics.js';
import { areaUnderCurve, largestDistance } from '../../report/two-samples.js';
import type { Concluded, Condition, RunContext, World } from '../experiment.js';
import { conditionKey } from '../parameters.js';
import { shuffled } from '../schedule.js';
import { Cloud } from './cloud.js';
import { CLOUD_DOMAIN, type TenantPlan } from './cloud-plan.js';
import { access, type Target } from './curl.js';
import { CUES, type NameKind, REFERENCE } from './probe-cues.js';
import { Prober } from './prober.js';

const TENANT = 'tenant';
/** Milliseconds in which programs that made names have come to rest: what they leave in caches is not of the name. */
const REST = 200;
/** By IPv4 everything is handed over; by IPv6 it is relayed, or the address names the tenant. */
const PLANS: Record<string, { family: 4 | 6; ipv6: string }> = {
  cookie: { family: 4, ipv6: 'proxy' },
  proxy: { family: 6, ipv6: 'proxy' },
  address: { family: 6, ipv6: 'address' },
};

/** A name, and the pseudo-address at which it is visited. */
interface Place {
  readonly name: string;
  readonly address: string;
}

/** A cloud in which a prober sits beside a client. */
class ProbedCloud {
  private readonly cloud: Cloud;
  private readonly prober: Prober;
  private readonly path: string;
  private readonly signal: AbortSignal;

  private constructor(cloud: Cloud, prober: Prober, path: string, signal: AbortSignal) {
    this.cloud = cloud;
    this.prober = prober;
    this.path = path;
    this.signal = signal;
  }

  static async start(ipv6: string, folder: string, signal: AbortSignal): Promise<ProbedCloud> {
    const tenant: TenantPlan = { name: TENANT, strategy: { ipv4: 'cookie', ipv6 } };
    const plan = { clients: 2, delay: '0ms', tenants: [tenant], decoy: true };
    const cloud = await Cloud.start(plan, folder, signal);
    try {
      const path = await cloud.tenant(TENANT).object(1);
      const { client } = await cloud.pseudonym(TENANT);
      return new ProbedCloud(cloud, await Prober.start(cloud.client(1), client!), path, signal);
    } catch (error) {
      await cloud.close();
      throw error;
    }
  }

  /** A new name of that kind, and where it is visited. */
  async name(kind: NameKind, family: 4 | 6): Promise<Place> {
    const target = await this.cloud.pseudonym(TENANT, family);
    if (kind === 'unknown') {
      // The address of a pseudonym that is no more says nothing of the name.
      await this.cloud.revoke(target);
      return { name: `${drawLabel()}.${CLOUD_DOMAIN}`, address: target.address };
    }
    if (kind !== 'unvisited') await this.visit(target);
    if (kind === 'revoked') await this.cloud.revoke(target);
    return target;
  }

  probe({ name, address }: Place) {
    return this.prober.visit(name, address);
  }

  async close(): Promise<void> {
    await this.prober.stop();
    await this.cloud.close();
  }

  /** By its owner. */
  private async visit(target: Target): Promise<void> {
    await access(this.cloud.client(0), target, this.path, this.signal);
  }
}

export async function openProbeTiming(context: RunContext): Promise<World> {
  const { parameters, scratch, signal, progress } = context;
  const clouds = new Map<string, ProbedCloud>();
  const close = async () => {
    for (const cloud of clouds.values()) await cloud.close();
  };
  try {
    for (const way of parameters.axes.way!) {
      const { ipv6 } = PLANS[way]!;
      if (clouds.has(ipv6)) continue;
      progress('starting a cloud with a decoy');
      clouds.set(ipv6, await ProbedCloud.start(ipv6, `${scratch}/${ipv6}`, signal));
    }
  } catch (error) {
    await close();
    throw error;
  }
  /** Names of a repetition, all made before the first is probed. */
  let made: { repetition: number; places: Map<string, Place> } | undefined;
  const placeFor = async (condition: Condition, repetition: number): Promise<Place> => {
    if (made?.repetition !== repetition) {
      const places = new Map<string, Place>();
      for (const each of shuffled(context.conditions, Math.random)) {
        const { family, ipv6 } = PLANS[each.way!]!;
        places.set(conditionKey(each), await clouds.get(ipv6)!.name(each.name as NameKind, family));
      }
      made = { repetition, places };
      await sleep(REST, undefined, { signal });
    }
    return made.places.get(conditionKey(condition))!;
  };
  return {
    async measure(condition, repetition) {
      const place = await placeFor(condition, repetition);
      const cloud = clouds.get(PLANS[condition.way!]!.ipv6)!;
      const { connect, hello: first } = await cloud.probe(place);
      const later = [];
      for (let turn = 0; turn < parameters.settings.visits!; turn++) later.push(await cloud.probe(place));
      const [{ hello: again, judged }] = later as [(typeof later)[number]];
      return { connect, first, again, judged, median: spread(later.map(({ hello }) => hello)).median };
    },
    async conclude({ conditions, of }) {
      return conditions.map((condition): Concluded => {
        if (condition.name === REFERENCE) return {};
        const figures: Record<string, readonly number[]> = {};
        for (const cue of Object.keys(CUES)) {
          const [some, reference] = [condition, { ...condition, name: REFERENCE }].map(where =>
            of(where).map(({ values }) => values[cue]!),
          ) as [number[], number[]];
          figures[`${cue}Told`] = [areaUnderCurve(some, reference)];
          figures[`${cue}Distance`] = [largestDistance(some, reference)];
        }
        return figures;
      });
    },
    close,
  };
}
