import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtInApps } from '../../../apps/index.js';
import { mimiq } from '../../../apps/mimiq/app.js';
import { describeCompliance } from '../../simulator/compliance.js';
import { everyKindOfSwitch } from './settings.js';

const README = new URL('../../../../apps/mimiq/README.md', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'cloakflow-mimiq-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const settings = JSON.stringify(everyKindOfSwitch(join(folder, 'mimiq.db')));
describeCompliance(mimiq, { settings, readme: README, builtIn: builtInApps });
