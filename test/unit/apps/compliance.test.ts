import { builtInApps } from '../../../apps/index.js';
import { describeCompliance } from '../../simulator/compliance.js';

const APPS = new URL('../../../../apps/', import.meta.url);

for (const app of builtInApps) {
  describeCompliance(app, { readme: new URL(`${app.name}/README.md`, APPS), builtIn: builtInApps });
}
