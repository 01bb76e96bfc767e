import { expect } from 'chai';
import { InputGate } from '../../../controller/transport/input-gate.js';

/** A socket that only notes whether it is read. */
class Input {
  isRead = true;
  pauses = 0;
  pause(): void {
    this.isRead = false;
    this.pauses++;
  }
  resume(): void {
    this.isRead = true;
  }
}

describe('InputGate', () => {
  let input: Input;
  let later: (() => void)[];
  let gate: InputGate;
  const nextTurn = () => {
    for (const run of later.splice(0)) run();
  };
  beforeEach(() => {
    input = new Input();
    later = [];
    gate = new InputGate(input, 1000, run => later.push(run));
  });

  it('never touches a socket that sends little', () => {
    for (let index = 0; index < 9; index++) gate.received(100, false);
    expect(input.pauses).to.equal(0);
  });

  it('never touches a socket of which each read takes all that is there', () => {
    for (let index = 0; index < 9; index++) gate.received(900, true);
    expect(input.pauses).to.equal(0);
  });

  it('lets the others have their turn after a quantum', () => {
    gate.received(600, false);
    gate.received(600, false);
    expect(input.isRead).to.equal(false);
    nextTurn();
    expect(input.isRead).to.equal(true);
    gate.received(999, false);
    expect(input.isRead).to.equal(true);
  });

  it('reads one quantum a tick while it is throttled', () => {
    gate.throttle(true);
    expect(input.isRead).to.equal(false);
    nextTurn();
    expect(input.isRead).to.equal(false);
    gate.tick();
    expect(input.isRead).to.equal(true);
    gate.received(1000, false);
    nextTurn();
    expect(input.isRead).to.equal(false);
    gate.tick();
    expect(input.isRead).to.equal(true);
  });

  it('stays shut when it is throttled while it waits for its turn, and opens when that ends', () => {
    gate.received(1000, false);
    gate.throttle(true);
    nextTurn();
    expect(input.isRead).to.equal(false);
    gate.throttle(false);
    expect(input.isRead).to.equal(true);
  });
});
