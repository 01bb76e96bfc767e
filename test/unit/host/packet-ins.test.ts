import { expect } from 'chai';
import { type PacketInOrigin, PacketInQueue } from '../../../controller/host/packet-in-queue.js';
import { type PacketInReceiver, PacketInScheduler } from '../../../controller/host/packet-in-scheduler.js';
import { PortLimits } from '../../../controller/host/port-limits.js';
import { PacketInView } from '../../../controller/openflow/index.js';
import { encodeAll, packetIn } from '../session/fake-switch.js';

class Origin implements PacketInOrigin {
  isBlocked = false;
}

/** Every view lies in the same buffer, as in the transport. */
const shared = new Uint8Array(2000);
const sharedView = new DataView(shared.buffer);
function viewOf(port: number, mark: number, length = 44): PacketInView {
  const data = new Uint8Array(length);
  data[0] = mark;
  const bytes = encodeAll([packetIn(data, port)]);
  shared.set(bytes);
  return PacketInView.from(shared, sharedView, 0, bytes.length);
}

describe('the queue of packet-ins', () => {
  const [one, two] = [new Origin(), new Origin()];
  const cost = viewOf(1, 0).length + 256;
  const marks = (queue: PacketInQueue<Origin>) => {
    const seen: string[] = [];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      seen.push(`${next.view.inPort}:${next.view.data[0]}`);
    }
    return seen;
  };

  it('keeps the order within a port, and lets ports take turns', () => {
    const queue = new PacketInQueue<Origin>(1e6);
    for (const mark of [1, 2, 3]) queue.push(one, viewOf(1, mark));
    queue.push(one, viewOf(2, 1));
    queue.push(two, viewOf(1, 9));
    expect(marks(queue)).to.deep.equal(['1:1', '2:1', '1:9', '1:2', '1:3']);
    expect(queue.size).to.equal(0);
  });

  it('takes what does not fit from the port that floods, oldest first', () => {
    const queue = new PacketInQueue<Origin>(10 * cost);
    queue.push(one, viewOf(2, 1));
    queue.push(two, viewOf(1, 1));
    let dropped = 0;
    for (let mark = 0; mark < 100; mark++) dropped += queue.push(one, viewOf(1, mark));
    expect(dropped).to.equal(92);
    expect(queue.size).to.equal(10);
    const left = marks(queue);
    expect(left).to.include('2:1');
    expect(left.filter(mark => mark.startsWith('1:9'))).to.have.length(8);
    expect(left.at(-1)).to.equal('1:99');
  });

  it('gives a newcomer its place when another has all', () => {
    const queue = new PacketInQueue<Origin>(10 * cost);
    for (let mark = 0; mark < 10; mark++) queue.push(one, viewOf(1, mark));
    queue.push(two, viewOf(5, 77));
    expect(marks(queue)).to.include('5:77');
  });

  it('leaves what came from a blocked switch until it is not, and forgets a switch that is gone', () => {
    const queue = new PacketInQueue<Origin>(1e6);
    const blocked = new Origin();
    blocked.isBlocked = true;
    queue.push(blocked, viewOf(1, 1));
    queue.push(one, viewOf(1, 2));
    expect(marks(queue)).to.deep.equal(['1:2']);
    expect(queue).to.include({ size: 1, isReady: false });
    blocked.isBlocked = false;
    expect(queue.isReady).to.equal(true);
    queue.push(one, viewOf(1, 3));
    queue.forget(blocked);
    expect(marks(queue)).to.deep.equal(['1:3']);
  });
});

describe('the scheduler of packet-ins', () => {
  let now: number;
  let later: (() => void)[];
  let drops: Record<string, number>;
  let scheduler: PacketInScheduler<Origin>;
  const origin = new Origin();
  beforeEach(() => {
    now = 0;
    later = [];
    drops = {};
    scheduler = new PacketInScheduler<Origin>({
      budget: 10,
      maxBytes: 100_000,
      now: () => now,
      soon: run => later.push(run),
      dropped: (name, count) => {
        drops[name] = (drops[name] ?? 0) + count;
      },
    });
  });
  const turn = () => {
    for (const run of later.splice(0)) run();
  };

  class App implements PacketInReceiver<Origin> {
    isBehind = false;
    readonly seen: number[] = [];
    readonly views: PacketInView[] = [];
    readonly name: string;
    readonly cost: number;
    constructor(name: string, cost = 0) {
      this.name = name;
      this.cost = cost;
    }
    receive(_origin: Origin, view: PacketInView): void {
      now += this.cost;
      this.seen.push(view.data[0]!);
      this.views.push(view);
    }
  }

  it('delivers at once and without a copy while there is time', () => {
    const app = new App('a');
    for (let mark = 0; mark < 200; mark++) {
      const view = viewOf(1, mark);
      scheduler.deliver(app, origin, view);
      expect(app.views.at(-1)).to.equal(view);
    }
    expect(scheduler).to.include({ waiting: 0, dropped: 0 });
    expect(later.length).to.be.at.most(1);
  });

  it('makes a flood wait when it has had its time, and serves another app in between', () => {
    const [flooded, quiet] = [new App('flooded', 1), new App('quiet')];
    for (let mark = 0; mark < 100; mark++) scheduler.deliver(flooded, origin, viewOf(1, mark));
    const atOnce = flooded.seen.length;
    expect(atOnce).to.be.lessThan(50);
    expect(scheduler.waiting).to.equal(100 - atOnce);
    scheduler.deliver(quiet, origin, viewOf(2, 7));
    turn();
    expect(quiet.seen).to.deep.equal([7]);
    expect(flooded.seen.length - atOnce).to.be.at.most(10);
    for (let turns = 0; turns < 20; turns++) turn();
    expect(flooded.seen).to.deep.equal(Array.from({ length: 100 }, (_, mark) => mark));
    expect(scheduler).to.include({ waiting: 0, dropped: 0 });
  });

  it('delivers at once again when nothing waits', () => {
    const app = new App('a', 1);
    for (let mark = 0; mark < 60; mark++) scheduler.deliver(app, origin, viewOf(1, mark));
    while (later.length > 0) turn();
    const view = viewOf(1, 99);
    scheduler.deliver(app, origin, view);
    expect(app.views.at(-1)).to.equal(view);
  });

  it('bounds what waits for an app that is behind, and delivers it when it has caught up', () => {
    const app = new App('slow');
    app.isBehind = true;
    scheduler.hold();
    for (let mark = 0; mark < 5000; mark++) scheduler.deliver(app, origin, viewOf(1, mark & 0xff));
    expect(app.seen).to.deep.equal([]);
    expect(scheduler.waiting).to.be.lessThan(400);
    expect(scheduler.dropped).to.equal(5000 - scheduler.waiting);
    expect(drops).to.deep.equal({ slow: scheduler.dropped });
    const other = new App('other');
    scheduler.deliver(other, origin, viewOf(1, 1));
    expect(other.seen).to.deep.equal([1]);
    app.isBehind = false;
    scheduler.release();
    turn();
    expect(scheduler.waiting).to.equal(0);
    expect(app.seen.at(-1)).to.equal(4999 & 0xff);
  });

  it('keeps packet-ins of a switch that does not read, and of no other', () => {
    const [deaf, app] = [new Origin(), new App('a')];
    deaf.isBlocked = true;
    scheduler.hold();
    scheduler.deliver(app, deaf, viewOf(1, 1));
    scheduler.deliver(app, origin, viewOf(1, 2));
    turn();
    expect(app.seen).to.deep.equal([2]);
    scheduler.deliver(app, deaf, viewOf(1, 3));
    scheduler.forget(deaf);
    expect(scheduler.waiting).to.equal(0);
  });
});

describe('limits of ports', () => {
  it('hold each port to its rate, and leave the others alone', () => {
    const limits = new PortLimits({ packetsPerSecond: 10, burst: 3 });
    const admitted = (port: number, now: number) => limits.admits(port, now);
    expect([1, 2, 3, 4].map(() => admitted(1, 0))).to.deep.equal([true, true, true, false]);
    expect(admitted(2, 0)).to.equal(true);
    expect(admitted(1, 100)).to.equal(true);
    expect(admitted(1, 100)).to.equal(false);
  });

  it('cost bounded memory when a switch invents ports', () => {
    const limits = new PortLimits({ packetsPerSecond: 1 });
    let admitted = 0;
    for (let port = 0; port < 100_000; port++) if (limits.admits(port, 0)) admitted++;
    expect(admitted).to.equal(4097);
  });
});
