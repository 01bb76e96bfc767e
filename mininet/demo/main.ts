/**
 * The demonstration: every scene in turn, in emulated networks that go when it ends, also by Ctrl-C.
 *
 *     npm run demo [SCENE ...]
 */
import { hopping } from './hopping.js';
import { learningSwitch } from './learning-switch.js';
import { mimiq } from './mimiq.js';
import { popsicl } from './popsicl.js';
import { Stage } from './stage.js';

/** In the order in which they are shown. */
const SCENES = { 'learning-switch': learningSwitch, popsicl, mimiq, hopping };

const names = process.argv.slice(2);
const unknown = names.filter(name => !(name in SCENES));
if (unknown.length > 0) {
  console.error(`no scene is called ${unknown.join(', ')}; there are ${Object.keys(SCENES).join(', ')}`);
  process.exit(2);
}

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => interrupted.abort(new Error(`interrupted by ${signal}`)));
}

for (const [name, scene] of Object.entries(SCENES)) {
  if (names.length > 0 && !names.includes(name)) continue;
  const stage = await Stage.open(interrupted.signal);
  try {
    await scene(stage);
  } catch (error) {
    process.exitCode = interrupted.signal.aborted ? 130 : 1;
    console.error(`\n${error instanceof Error ? error.message : error}`);
  } finally {
    await stage.close();
  }
  if (process.exitCode !== undefined && process.exitCode !== 0) break;
}
if (!process.exitCode) console.log('\nEverything that the demonstration made is gone again.');
