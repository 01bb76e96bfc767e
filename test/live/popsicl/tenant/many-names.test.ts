import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { measureManyPseudonyms, type ServerFigures } from '../../../bench/popsicl/many-pseudonyms.js';
import { hasNginx } from './nginx-process.js';

const ROUNDS = 3;
const MODULE = fileURLToPath(
  new URL('../../../../../native/build/ngx_http_popsicl_module.so', import.meta.url),
);

it('the memory of nginx and Node does not grow with the number of pseudonyms', async function () {
  if (!hasNginx() || !existsSync(MODULE)) this.skip();
  const few = await measureManyPseudonyms({ names: 20, visited: 20 });
  // What many need is needed each time; when garbage is collected varies.
  let grown = await growth(few);
  for (let round = 1; round < ROUNDS && grown.length > 0; round++) grown = await growth(few);
  expect(grown).to.deep.equal([]);
});

/** MiB that servers with two thousand pseudonyms more need more, where that is more than garbage. */
async function growth(few: readonly ServerFigures[]): Promise<object[]> {
  const many = await measureManyPseudonyms({ names: 2020, visited: 20 });
  return many.flatMap(({ server, memoryBefore, memoryAfter }, index) => {
    // Two thousand contexts would be 25 MiB and more; what is left is the garbage of a JavaScript heap.
    const allowance = server === 'Node' ? 12 : 1;
    const [before, after] = [memoryBefore - few[index]!.memoryBefore, memoryAfter - few[index]!.memoryAfter];
    return before < allowance && after < allowance ? [] : [{ server, before, after }];
  });
}
