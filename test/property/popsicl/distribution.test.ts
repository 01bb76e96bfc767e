import { expect } from 'chai';
import fc from 'fast-check';
import type { RegistrationService } from '../../../apps/popsicl/registry/registration-service.js';
import { DAY, LIFETIME, World } from '../../unit/popsicl/registry-world.js';

type Fault = 'none' | 'before' | 'after';

const fault = fc.constantFrom<Fault>('none', 'none', 'none', 'before', 'after');
const operation = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ type: 'register' as const }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('revoke' as const), pick: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('renew' as const), pick: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.constant({ type: 'sweep' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'expire' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'restart' as const }) },
);

describe('distribution, whatever fails and whenever the controller restarts', () => {
  it('ends with every party knowing exactly the pseudonyms that are active', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(operation, fc.array(fault, { minLength: 8, maxLength: 8 })), {
          minLength: 1,
          maxLength: 12,
        }),
        async steps => {
          const world = await World.make();
          try {
            await play(world, steps);
          } finally {
            await world.close();
          }
        },
      ),
      { numRuns: 15 },
    );
  });
});

async function play(
  world: World,
  steps: readonly (readonly [{ type: string; pick?: number }, readonly Fault[]])[],
) {
  let service = await world.run();
  const acknowledged = new Set<string>();
  const over = new Set<string>();
  for (const [step, faults] of steps) {
    let calls = 0;
    for (const party of world.parties) {
      party.trouble = (_call, act) => {
        const what = faults[calls++ % faults.length];
        if (what === 'before') throw new Error('before');
        act();
        if (what === 'after') throw new Error('after');
      };
    }
    const picked = [...acknowledged][(step.pick ?? 0) % Math.max(1, acknowledged.size)];
    if (step.type === 'restart') {
      service = await world.run();
      await service.recover();
    } else {
      await act(service, world, step.type, picked, acknowledged, over);
    }
    for (const name of acknowledged) {
      expect(world.directory.tenantOfName(name) !== undefined).to.equal(!over.has(name));
    }
  }
  for (const party of world.parties) party.trouble = (_call, act) => act();
  await service.sweep();
  const active = (await service.list(false))
    .filter(report => report.state === 'active')
    .map(report => report.name);
  expect(new Set(active)).to.deep.equal(new Set([...acknowledged].filter(name => !over.has(name))));
  for (const names of world.knownNames()) expect(names).to.deep.equal(active);
  expect(active.every(name => world.directory.tenantOfName(name) !== undefined)).to.equal(true);
  expect(service.size).to.equal(active.length);
}

async function act(
  service: RegistrationService,
  world: World,
  type: string,
  picked: string | undefined,
  acknowledged: Set<string>,
  over: Set<string>,
): Promise<void> {
  const ignore = () => undefined;
  if (type === 'register') {
    const made = await service.register({ domain: 'a.example', source: 'x' }).catch(ignore);
    if (made !== undefined) acknowledged.add(made.name);
  } else if (type === 'revoke' && picked !== undefined) {
    if ((await service.revoke(picked).catch(ignore)) !== undefined) over.add(picked);
  } else if (type === 'renew' && picked !== undefined) {
    await service.renew(picked).catch(ignore);
  } else if (type === 'sweep') {
    await service.sweep();
  } else if (type === 'expire') {
    world.clock.advance(LIFETIME / 2 + DAY);
    const dead = (await service.list(false)).filter(report => report.expiresAt <= world.now());
    await service.sweep();
    for (const { name } of dead) if (acknowledged.has(name)) over.add(name);
  }
}
