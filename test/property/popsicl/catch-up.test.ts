import { expect } from 'chai';
import fc from 'fast-check';
import type { TenantMaterial } from '../../../apps/popsicl/model.js';
import type { AgentConnection } from '../../../apps/popsicl/tenant/channel/agent-connection.js';
import { CatchUp } from '../../../apps/popsicl/tenant/channel/catch-up.js';
import { materialDigest } from '../../../apps/popsicl/tenant/channel/material-digest.js';

const NAMES = Array.from({ length: 12 }, (_, index) => `p${index.toString(16)}.popsicls.example`);
const DOMAIN = 'shop.example';
const PAGE = 3;

const material = (name: string, version: number): TenantMaterial => ({
  name,
  certificatePem: `certificate ${version}`,
  keyPem: 'key',
  anchorPem: 'anchor',
  capability: 'capability',
});

/** Versions by name; what is absent is not served. */
const state = fc.dictionary(fc.constantFrom(...NAMES), fc.nat(2), { maxKeys: NAMES.length });
/** What happens while the agent catches up: a new version, or an end; and how long it takes until then. */
const happening = fc.record({
  name: fc.constantFrom(...NAMES),
  version: fc.option(fc.nat(5), { nil: undefined }),
  pause: fc.nat(4),
});

const turn = () => new Promise<void>(resolve => setImmediate(resolve));

describe('an agent that catches up', () => {
  it('has what the store has in the end, whatever it had and whatever happens meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(
        state,
        state,
        fc.array(happening, { maxLength: 12 }),
        fc.array(fc.nat(3), { minLength: 1, maxLength: 10 }),
        async (stored, had, happenings, delays) => {
          const store = new Map(Object.entries(stored));
          const agent = new Map(Object.entries(had));
          let requests = 0;
          let last: Promise<void> = Promise.resolve();
          /** Applies requests in the order in which they were sent, each after a while. */
          const request = (body: {
            material?: { name: string; certificate: string };
            revoke?: { name: string };
          }) => {
            const delay = delays[requests++ % delays.length]!;
            last = last.then(async () => {
              for (let turns = 0; turns < delay; turns++) await turn();
              if (body.revoke) agent.delete(body.revoke.name);
              if (body.material)
                agent.set(body.material.name, Number(body.material.certificate.split(' ')[1]));
            });
            return last;
          };
          const catchUp = new CatchUp({ domain: DOMAIN, request } as unknown as AgentConnection, {
            isActive: name => store.has(name),
            async *wanted() {
              // As the table does: page by page, each as the store is at that moment.
              for (let after = ''; ; ) {
                await turn();
                const page = [...store.keys()]
                  .filter(name => name > after)
                  .sort()
                  .slice(0, PAGE);
                const rows = page.map(name => material(name, store.get(name)!));
                yield* rows;
                if (page.length < PAGE) return;
                after = page.at(-1)!;
              }
            },
          });
          for (const [name, version] of Object.entries(had)) {
            const digest = materialDigest(material(name, version));
            catchUp.take({ name, digest });
          }
          const running = catchUp.run();
          for (const { name, version, pause } of happenings) {
            for (let turns = 0; turns < pause; turns++) await turn();
            catchUp.touch(name);
            if (version === undefined) {
              store.delete(name);
              void request({ revoke: { name } });
            } else {
              // Told first, and then written: as a registration and a renewal do.
              void request({ material: { name, certificate: `certificate ${version}` } });
              await turn();
              store.set(name, version);
            }
          }
          await running;
          await last;
          const sorted = (map: Map<string, number>) => [...map].sort();
          expect(sorted(agent)).to.deep.equal(sorted(store));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is sent nothing that it has', async () => {
    await fc.assert(
      fc.asyncProperty(state, async had => {
        let sent = 0;
        const request = async () => void sent++;
        const catchUp = new CatchUp({ domain: DOMAIN, request } as unknown as AgentConnection, {
          isActive: () => true,
          async *wanted() {
            for (const [name, version] of Object.entries(had)) yield material(name, version);
          },
        });
        for (const [name, version] of Object.entries(had))
          catchUp.take({ name, digest: materialDigest(material(name, version)) });
        expect(await catchUp.run()).to.deep.equal({ sent: 0, refused: 0 });
        expect(sent).to.equal(0);
      }),
    );
  });
});
