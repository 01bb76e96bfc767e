import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';

const dist = new URL('../../../', import.meta.url);
/** Static imports and re-exports, as the compiler writes them. */
const IMPORT = /^(?:import|export)\b[^;]*?\bfrom '([^']+)'|^import '([^']+)'/gm;

/** Modules and packages that `entry` brings along before anything runs. */
function imports(entry: string): Set<string> {
  const found = new Set<string>();
  const open = [new URL(entry, dist)];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (found.has(file.href) || !existsSync(file)) continue;
    found.add(file.href);
    for (const [, from, bare] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
      const name = (from ?? bare)!;
      if (name.startsWith('.')) open.push(new URL(name, file));
      else found.add(name);
    }
  }
  return found;
}

describe('what a controller brings along', () => {
  const all = imports('controller/cli/run-controller.js');

  it('is the host and the descriptions of all apps', () => {
    for (const file of ['controller/host/index.js', 'apps/popsicl/app.js', 'apps/mimiq/app.js']) {
      expect(all).to.include(new URL(file, dist).href);
    }
    expect(all).to.include('zod');
  });

  it('is not what only some apps need when they run', () => {
    for (const name of ['pkijs', 'asn1js', 'protobufjs', 'dns-packet', 'node-sqlite3-wasm']) {
      expect(all, name).to.not.include(name);
    }
  });
});
