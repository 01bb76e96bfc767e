import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtInApps } from '../../../apps/index.js';
import { describeCompliance } from '../../simulator/compliance.js';

const APPS = new URL('../../../../apps/', import.meta.url);

/** For apps that keep something. */
const folder = mkdtempSync(join(tmpdir(), 'cloakflow-apps-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Settings that an app cannot do without, or that keep it from the machine's own files. */
const SETTINGS: Readonly<Record<string, string>> = {
  popsicl: `{
    domain: popsicls.example,
    blocks: {ipv4: [198.51.100.0/24], ipv6: ['2001:db8:1::/64']},
    gateway: {ipv4: 10.0.0.254, ipv6: 'fd00::fe'},
    tenants: [{domain: tenant-a.example, ipv4: 10.0.0.11, ipv6: 'fd00::11', mac: '02:00:00:00:00:11'}],
  }`,
  mimiq: `{allocator: {store: ${join(folder, 'mimiq.db')}}}`,
};

for (const app of builtInApps) {
  const settings = SETTINGS[app.name];
  describeCompliance(app, {
    readme: new URL(`${app.name}/README.md`, APPS),
    builtIn: builtInApps,
    ...(settings === undefined ? {} : { settings }),
  });
}
