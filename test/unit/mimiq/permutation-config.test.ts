import { expect } from 'chai';
import { permutationSchema } from '../../../apps/mimiq/permutation/config.js';

describe('the configuration of MIMIQ without an allocator', () => {
  const side = (port: number) => ({
    port,
    mac: '02:00:00:00:00:01',
    addresses: ['192.0.2.1'],
    nextHop: '02:00:00:00:00:02',
  });
  const problemsOf = (...prefixes: [inside: string, outside: string][]) => {
    const { error } = permutationSchema.safeParse({
      prefixes: prefixes.map(([inside, outside]) => ({ inside, outside })),
      edges: [{ datapathId: 'e1', inside: side(1), outside: side(2) }],
    });
    return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`);
  };

  it('refuses prefixes that overlap: two clients would have one address', () => {
    const one: [string, string] = ['10.70.0.0/24', '203.0.112.0/22'];
    expect(problemsOf(one, ['10.70.1.0/24', '203.0.116.0/22'])).to.deep.equal([]);
    expect(problemsOf(one, ['10.70.1.0/24', '203.0.112.0/22'])).to.deep.equal([
      'prefixes.1.outside overlaps another one',
    ]);
    expect(problemsOf(one, ['10.70.0.128/25', '203.0.116.0/22'])[0]).to.include('prefixes.1.inside');
  });

  it('refuses outside prefixes without room for all clients in every period', () => {
    expect(problemsOf(['10.70.0.0/24', '203.0.113.0/24'])[0]).to.include('too small');
  });
});
