import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { CommandError, exitCodeOf, failureJson, failureText } from '../../../controller/cli/failure.js';
import { paletteFor, plain } from '../../../controller/cli/palette.js';
import { withProgress } from '../../../controller/cli/progress.js';
import { formatTable } from '../../../controller/cli/table.js';
import { CodedError } from '../../../controller/coded-error.js';

describe('output', () => {
  it('is coloured on a terminal only, and never where NO_COLOR asks for plain text', () => {
    expect(paletteFor({ isTTY: true }, {})('red', 'x')).to.equal('\x1b[31mx\x1b[39m');
    expect(paletteFor({}, {})('red', 'x')).to.equal('x');
    expect(paletteFor({ isTTY: true }, { NO_COLOR: '1' })('red', 'x')).to.equal('x');
    expect(paletteFor({ isTTY: true }, { TERM: 'dumb' })('red', 'x')).to.equal('x');
  });

  it('shows progress of long work on a terminal, and takes it away again', async () => {
    for (const isTTY of [true, false]) {
      const stderr = Object.assign(new PassThrough(), { isTTY });
      const invocation = {
        stdin: new PassThrough(),
        stdout: new PassThrough(),
        stderr,
        env: { NO_COLOR: '1' },
        exitCode: 0,
        outlivesReader: false,
      };
      const shown = isTTY ? new Promise(resolve => stderr.once('readable', resolve)) : Promise.resolve();
      expect(await withProgress(invocation, 'counting', () => shown.then(() => 7))).to.equal(7);
      const text = String(stderr.read() ?? '');
      if (isTTY)
        expect(text)
          .to.include('counting')
          .and.to.satisfy((shown: string) => shown.endsWith('\r\u001b[K'));
      else expect(text).to.equal('');
    }
  });

  it('aligns a table by its widest cells and shows what is absent as `-`', () => {
    const rows = [
      { name: 'a', count: 10 },
      { name: 'long', count: null },
    ];
    expect(
      formatTable(
        [
          { title: 'name', value: row => row.name },
          { title: 'n', value: row => row.count, align: 'right' },
        ],
        rows,
      ),
    ).to.equal('name   n\na     10\nlong   -\n');
  });

  it('tells of an error what was wrong, its code and what to do', () => {
    const error = new CodedError('too-warm', 'it is warm', { mend: 'Open a window.' });
    expect(failureText(error, plain)).to.equal('error: it is warm [too-warm]\n  Open a window.\n');
    expect(failureJson(error)).to.deep.equal({
      error: { code: 'too-warm', message: 'it is warm', mend: 'Open a window.' },
    });
    expect(exitCodeOf(error)).to.equal(1);
    expect(exitCodeOf(new CommandError('x', 'y', { exitCode: 4 }))).to.equal(4);
  });

  it('calls what is no error of ours an internal one', () => {
    const error = new TypeError('undefined is no function');
    expect(exitCodeOf(error)).to.equal(70);
    expect(failureText(error, plain)).to.include('internal error').and.include('output.test');
    expect(failureJson(error).error.code).to.equal('internal');
  });
});
