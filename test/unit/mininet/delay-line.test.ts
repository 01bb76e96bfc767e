import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const PROGRAM = fileURLToPath(new URL('../../../../native/build/delay-line', import.meta.url));

describe('the delay line', () => {
  before(function () {
    if (!existsSync(PROGRAM)) this.skip();
  });
  const run = (...args: string[]) => spawnSync(PROGRAM, args, { encoding: 'utf8' });

  it('lists its options', () => {
    const { status, stdout } = run('--help');
    expect(status).to.equal(0);
    expect(stdout).to.match(/--delay-ns=N/);
  });

  it('refuses bad arguments with exit code 2 and the reason', () => {
    for (const [args, reason] of [
      [[], /two interfaces are needed/],
      [['a'], /two interfaces are needed/],
      [['a', 'b', 'c'], /more than two/],
      [['a', 'a'], /are the same/],
      [['--delay-ns=', 'a', 'b'], /whole number/],
      [['--delay-ns=-1', 'a', 'b'], /whole number/],
      [['--delay-ns=60000000001', 'a', 'b'], /whole number/],
      [['--delay-ns=99999999999999999999999', 'a', 'b'], /whole number/],
      [['--loss-ppm=1000001', 'a', 'b'], /whole number/],
      [['--rate-bps=1x', 'a', 'b'], /whole number/],
      [['--speed=1', 'a', 'b'], /unknown option --speed=1/],
    ] as const) {
      const { status, stderr } = run(...args);
      expect(status, args.join(' ')).to.equal(2);
      expect(stderr, args.join(' ')).to.match(reason);
    }
  });

  it('ends with exit code 1 for an interface that is not there', () => {
    const { status, stderr } = run('no-such-0', 'no-such-1');
    expect(status).to.equal(1);
    expect(stderr).to.match(/no interface no-such-0/);
  });
});
