import { readdirSync, readFileSync } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { expect } from 'chai';
import type { Invocation } from '../../../controller/cli/invocation.js';
import { runCli } from '../../../controller/cli/run-cli.js';
import { cloakflow } from '../../unit/cli/spawned.js';

const FOLDER = new URL('../../../../test/property/packet/clienthello/', import.meta.url);
const SAMPLES = readdirSync(FOLDER).map(name => ({ name, bytes: readFileSync(new URL(name, FOLDER)) }));
const NAME = 'abc123.popsicls.test';
const RECORD_HEADER = 5;

interface Answer {
  code: number;
  json: { sni?: string | null; length?: number; error?: { code: string; offset: number } };
}

/** `cloakflow popsicl sni` in this process, with each chunk of its standard input by itself. */
async function sni(chunks: readonly Uint8Array[]): Promise<Answer> {
  const output: Buffer[] = [];
  const stdout = new PassThrough().on('data', chunk => output.push(chunk));
  const stdin = Readable.from(chunks) as unknown as Invocation['stdin'];
  const invocation: Invocation = {
    ...{ stdin, stdout, stderr: new PassThrough().resume(), env: {}, exitCode: 0, outlivesReader: false },
  };
  const code = await runCli(['popsicl', 'sni'], invocation);
  return { code, json: JSON.parse(Buffer.concat(output).toString()) };
}

/** The message of one record over records of `size` bytes each. */
function fragmented(bytes: Uint8Array, size: number): Buffer {
  const message = bytes.subarray(RECORD_HEADER);
  const records: Uint8Array[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    records.push(Uint8Array.of(22, 3, 1, part.length >>> 8, part.length & 0xff), part);
  }
  return Buffer.concat(records);
}

describe('cloakflow popsicl sni', () => {
  for (const { name, bytes } of SAMPLES) {
    const right = { code: 0, sni: NAME, length: bytes.length - RECORD_HEADER };
    const short = ({ code, json }: Answer) => ({ code, sni: json.sni, length: json.length });

    it(`is right for ${name}: whole, a byte at a time, coalesced with more, and over records of any size`, async () => {
      expect(short(await sni([bytes]))).to.deep.equal(right);
      expect(short(await sni([...bytes].map(byte => Uint8Array.of(byte))))).to.deep.equal(right);
      const more = Buffer.concat([bytes, bytes, Buffer.from('more')]);
      expect(short(await sni([more]))).to.deep.equal(right);
      for (const size of [1, 3, 4, 64, 511, 1448]) {
        expect(short(await sni([fragmented(bytes, size)])), `records of ${size}`).to.deep.equal(right);
        expect(short(await sni([...fragmented(bytes, size)].map(byte => Uint8Array.of(byte))))).to.deep.equal(
          right,
        );
      }
    });
  }

  for (const sample of ['openssl-1.bin', 'chromium-125.bin']) {
    it(`is right for ${sample} split at every byte`, async () => {
      const { bytes } = SAMPLES.find(({ name }) => name === sample)!;
      for (let cut = 0; cut <= bytes.length; cut++) {
        const { json } = await sni([bytes.subarray(0, cut), bytes.subarray(cut)]);
        expect(json.sni, `split at ${cut}`).to.equal(NAME);
      }
    });
  }

  it('says what is wrong, where, and by its exit code', async () => {
    const { bytes } = SAMPLES[0]!;
    const cases: [string, Uint8Array][] = [
      ['truncated', new Uint8Array(0)],
      ['truncated', bytes.subarray(0, 100)],
      ['not-tls', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
      ['not-client-hello', Uint8Array.of(22, 3, 1, 0, 4, 2, 0, 0, 0)],
      ['bad-record-length', Uint8Array.of(22, 3, 1, 0, 0)],
      ['too-long', Uint8Array.of(22, 3, 1, 0, 4, 1, 0xff, 0, 0)],
      ['unexpected-record', Uint8Array.of(22, 3, 1, 0, 1, 1, 21, 3, 1, 0, 2, 2, 40)],
    ];
    for (const [expected, input] of cases) {
      const { code, json } = await sni([input]);
      expect(json.error?.code).to.equal(expected);
      expect(json.error?.offset).to.be.within(0, input.length);
      expect(code).to.equal(1);
    }
  });

  it('reads a pipe to a process of its own', async () => {
    await using process = cloakflow('popsicl', 'sni');
    const { bytes } = SAMPLES.find(({ name }) => name === 'chromium-125.bin')!;
    process.child.stdin.write(bytes.subarray(0, 1448));
    process.child.stdin.end(bytes.subarray(1448));
    const { code, stdout } = await process.ended;
    expect(JSON.parse(stdout.toString())).to.include({ sni: NAME, tls13: true });
    expect(code).to.equal(0);
  });
});
