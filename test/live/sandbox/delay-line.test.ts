import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { Namespace, type RunningCommand } from '../../../mininet/driver/index.js';

const PROGRAM = fileURLToPath(new URL('../../../../native/build/delay-line', import.meta.url));

describe('the delay line between two namespaces', () => {
  let left: Namespace;
  let right: Namespace;
  let middle: Namespace;
  let line: RunningCommand;
  before(async function () {
    if (!existsSync(PROGRAM)) this.skip();
    [left, middle, right] = await Promise.all([Namespace.create(), Namespace.create(), Namespace.create()]);
    for (const [end, name, address] of [
      [left, 'wa', '10.0.0.1/24'],
      [right, 'wb', '10.0.0.2/24'],
    ] as const) {
      await middle.script([
        `ip link add ${name} type veth peer name eth0 netns ${end.pid}`,
        `ip link set ${name} up`,
      ]);
      await end.script([`ip addr add ${address} dev eth0`, 'ip link set eth0 up']);
    }
    line = await middle.spawn([PROGRAM, '--delay-ns=1000000', 'wa', 'wb']);
    await line.printed(/^ready$/m);
  });
  after(async () => {
    await Promise.all([left, middle, right].map(namespace => namespace?.close()));
  });

  it('counts what it carries, on SIGUSR1 and at its end, and obeys lines on standard input', async () => {
    expect((await left.run(['ping', '-c3', '-i0.05', '-W5', '10.0.0.2'])).exitCode).to.equal(0);
    line.kill('SIGUSR1');
    const [, counted] = await line.printed(/^(\{.*\})$/m);
    const { wa, wb } = JSON.parse(counted!);
    expect(wa).to.include({ lost: 0, overflowed: 0, refused: 0, waiting: 0 });
    expect(wa.received).to.be.at.least(4);
    expect(wa.sent).to.equal(wa.received);
    expect(wb.sent).to.be.at.least(4);

    line.stdin!.write('set --loss-ppm=1000000 --delay-ns=0\n');
    await line.printed(/^ok$/m);
    expect((await left.run(['ping', '-c2', '-i0.05', '-W1', '10.0.0.2'])).exitCode).to.equal(1);
    for (const [order, answer] of [
      ['set --loss-ppm=2000000', /^error: --loss-ppm=2000000: a whole number/m],
      ['set --colour=red', /^error: unknown option/m],
      ['fly', /^error: unknown command/m],
      ['x'.repeat(2000), /^error: line too long/m],
    ] as const) {
      line.stdin!.write(`${order}\n`);
      await line.printed(answer);
    }
    line.stdin!.end();
    expect((await line.exited).exitCode).to.equal(0);
    const last = JSON.parse(line.stdout.trim().split('\n').at(-1)!);
    expect(last.wa.lost).to.be.at.least(2);
  });
});
