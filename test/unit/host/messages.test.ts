import { readFile, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { pino } from 'pino';
import { builtInApps } from '../../../apps/index.js';
import { HOST_MESSAGES, messageReference } from '../../../controller/host/index.js';
import { messageLog } from '../../../controller/host/messages/log.js';

const PAGE = new URL('../../../../docs/reference/messages.md', import.meta.url);

const sections = [
  { title: 'Controller', messages: HOST_MESSAGES },
  ...builtInApps.map(({ name, messages = {} }) => ({ title: name, messages })),
];

describe('log messages', () => {
  it('have ids in kebab-case; those of an app begin with its name', () => {
    for (const { title, messages } of sections) {
      for (const id of Object.keys(messages)) {
        expect(id).to.match(/^[a-z]+(-[a-z0-9]+)+$/);
        if (title !== 'Controller') expect(id).to.satisfy((text: string) => text.startsWith(`${title}-`));
      }
    }
  });

  it('are sentences', () => {
    for (const { messages } of sections) {
      for (const [id, { text, cause, remedy }] of Object.entries(messages)) {
        for (const sentence of [text, cause, remedy ?? 'None.']) {
          expect(sentence, id).to.match(/^[A-Z`].*[.`)]$/);
        }
      }
    }
  });

  it('are all on the reference page', async () => {
    const page = messageReference(sections);
    if (process.env.UPDATE_REFERENCE !== undefined) await writeFile(PAGE, page);
    const written = await readFile(PAGE, 'utf8');
    expect(written, 'stale: run the unit tests with UPDATE_REFERENCE=1').to.equal(page);
  });

  it('are written as records with id, text and fields, errors with their code', () => {
    const lines: string[] = [];
    const log = messageLog(pino({ level: 'debug' }, { write: line => lines.push(line) }), HOST_MESSAGES);
    log.write('switch-disconnected', { switch: '0000000000000001', reason: 'peer-closed' });
    log.write('app-failed', { app: 'a', hook: 'packetIn', failures: 1 }, new Error('why'));
    const [first, second] = lines.map(line => JSON.parse(line));
    expect(first).to.deep.include({ level: 40, id: 'switch-disconnected', reason: 'peer-closed' });
    expect(first.msg).to.equal(HOST_MESSAGES['switch-disconnected'].text);
    expect(second.error.message).to.equal('why');
    expect(second.error.stack).to.be.a('string');
  });
});
