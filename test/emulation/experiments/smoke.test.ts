import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { experiments } from '../../../mininet/experiments/catalogue.js';
import { conditionText } from '../../../mininet/experiments/parameters.js';
import { checkRequirements } from '../../../mininet/experiments/requirements.js';
import { runExperiment } from '../../../mininet/experiments/run-experiment.js';

describe('a smoke of every experiment', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloakflow-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  for (const experiment of experiments) {
    it(`${experiment.name} measures every condition, and leaves nothing but its result`, async function () {
      try {
        checkRequirements(experiment, 'smoke');
      } catch {
        // What it needs is optional, or not to be had here.
        this.skip();
      }
      const progress: string[] = [];
      const { result } = await runExperiment(experiment, {
        size: 'smoke',
        output: folder,
        progress: text => progress.push(text),
      });
      for (const { condition, measures } of result.summary)
        expect(measures, conditionText(condition)).not.to.be.empty;
      expect(progress).not.to.be.empty;
      const kept = readdirSync(folder).filter(name => name !== `${experiment.name}-smoke.files`);
      expect(kept).to.deep.equal([`${experiment.name}-smoke.json`]);
    });
  }
});
