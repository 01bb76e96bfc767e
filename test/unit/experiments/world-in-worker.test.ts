import { expect } from 'chai';
import type { RunContext } from '../../../mininet/experiments/experiment.js';
import { openInWorker } from '../../../mininet/experiments/world-in-worker.js';

describe('a world in a thread', () => {
  const module = new URL('./threaded-world.js', import.meta.url);
  const said: string[] = [];
  const contextOf = (
    settings: Record<string, number>,
    signal = new AbortController().signal,
  ): RunContext => ({
    parameters: { axes: {}, settings, repetitions: 1 },
    conditions: [],
    scratch: '/nowhere',
    artefacts: () => '/nowhere',
    progress: text => said.push(text),
    signal,
  });
  const failure = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    return error as { code?: string; message: string; mend?: string } | undefined;
  };

  it('has a heap of its own size, says how far it is, and is closed', async () => {
    said.length = 0;
    const world = await openInWorker({ module, heapMiB: 6000 }, contextOf({}));
    expect((await world.measure({ way: 'plain' }, 2)).heap).to.be.at.least(6000);
    await world.close();
    expect(said).to.deep.equal(['plain #2', 'closed']);
  });

  it('fails with the code and the advice of its own errors', async () => {
    const error = await failure(openInWorker({ module, heapMiB: 100 }, contextOf({ broken: 1 })));
    expect(error).to.include({ code: 'tool-missing', message: 'no such thing', mend: 'get one' });
  });

  it('hears that the run is to end, and a run hears that the thread is gone', async () => {
    const abort = new AbortController();
    const world = await openInWorker({ module, heapMiB: 100 }, contextOf({}, abort.signal));
    const measured = failure(world.measure({ way: 'never' }, 0));
    abort.abort();
    expect((await measured)!.message).to.equal('over');
    expect((await failure(world.measure({ way: 'out' }, 0)))!.code).to.equal('measurement-failed');
    expect((await failure(world.close()))!.code).to.equal('measurement-failed');
  });
});
