import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { measureManyPseudonyms } from '../../../bench/popsicl/many-pseudonyms.js';
import { hasNginx } from './nginx-process.js';

const MODULE = fileURLToPath(
  new URL('../../../../../native/build/ngx_http_popsicl_module.so', import.meta.url),
);

it('the memory of nginx and Node does not grow with the number of pseudonyms', async function () {
  if (!hasNginx() || !existsSync(MODULE)) this.skip();
  const few = await measureManyPseudonyms({ names: 20, visited: 20 });
  const many = await measureManyPseudonyms({ names: 2020, visited: 20 });
  for (const [index, { server, memoryBefore, memoryAfter }] of many.entries()) {
    // Two thousand contexts would be 25 MiB and more; what is left is the garbage of a JavaScript heap.
    const allowance = server === 'Node' ? 12 : 1;
    expect(memoryBefore, server).to.be.below(few[index]!.memoryBefore + allowance);
    expect(memoryAfter, server).to.be.below(few[index]!.memoryAfter + allowance);
  }
});
