import { expect } from 'chai';
import { logText } from '../../../controller/cli/log-text.js';
import { plain } from '../../../controller/cli/palette.js';

describe('log on a terminal', () => {
  it('shows time, level, message and fields in one line', () => {
    const time = new Date(2024, 0, 2, 3, 4, 5, 6).getTime();
    const line = JSON.stringify({
      level: 40,
      time,
      pid: 1,
      hostname: 'x',
      app: 'learning-switch',
      n: 2,
      msg: 'slow',
    });
    expect(logText(`${line}\n`, plain)).to.equal('03:04:05.006 warn   slow  app=learning-switch n=2\n');
  });

  it('lets nothing from the network control the terminal', () => {
    const line = JSON.stringify({ level: 30, time: 0, msg: 'a\x1b[2J', port: '\x07' });
    expect(logText(line, plain)).to.include('a\\x1b[2J  port=\\x07').and.not.include('\x1b');
  });

  it('passes a line on that is no JSON', () => {
    expect(logText('plain text\n', plain)).to.equal('plain text\n');
  });
});
