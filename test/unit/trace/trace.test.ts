import { expect } from 'chai';
import fc from 'fast-check';
import type { AppReport } from '../../../controller/api/reports.js';
import { plain } from '../../../controller/cli/palette.js';
import { formatTrace } from '../../../controller/cli/trace-text.js';
import { OvsdbError } from '../../../controller/ovsdb/errors.js';
import { appNames } from '../../../controller/trace/controller-names.js';
import { NO_NAMES, walk } from '../../../controller/trace/names.js';
import { parseTrace } from '../../../controller/trace/parse-trace.js';
import type { TraceStep } from '../../../controller/trace/report.js';
import { readTrace } from '../../../controller/trace/trace.js';
import { ACTION_SET, CONNTRACK, DROPPED, EXCEPTION, NESTED } from './texts.js';

const counts = { summary: '', packetIns: 0, failures: 0 };
const APPS: AppReport[] = [
  { ...counts, name: 'guard', app: 'guard', state: 'running', tables: [{ name: 'admit', number: 0 }] },
  {
    ...counts,
    name: 'learning-switch',
    app: 'learning-switch',
    state: 'running',
    tables: [{ name: 'forward', number: 3 }],
  },
];
/** Owners as the cookies of the texts have them. */
const OWNERS = {
  ownerOfCookie: (cookie: bigint) =>
    cookie >> 48n === 0xc10an ? Number((cookie >> 32n) & 0xffffn) : undefined,
  ownerNumber: (app: string) => (app === 'guard' ? 0x1234 : 0xffff),
};
const NAMES = {
  ...appNames(APPS, OWNERS),
  port: (bridge: string, port: number) => (bridge === 'br0' && port === 3 ? 'eth3' : undefined),
};

/** The tree in one line a step, indented by one blank a level. */
function outline(steps: readonly TraceStep[], depth = 0): string[] {
  return steps.flatMap(step => {
    const text = step.kind === 'bridge' ? step.name : step.kind === 'table' ? `#${step.table}` : step.text;
    return [' '.repeat(depth) + text, ...outline(step.steps, depth + 1)];
  });
}

describe('a trace', () => {
  it('is read as the tree of tables and actions that the packet met', () => {
    expect(outline(parseTrace(NESTED)[0]!.steps)).to.deep.equal([
      'br0',
      ' #0',
      '  goto_table:3',
      ' #3',
      '  learn(table=4,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])',
      '  clone(set_field:00:00:00:00:00:02->eth_dst,output:1)',
      '  set_field:00:00:00:00:00:02->eth_dst',
      '  output:1',
      '  resubmit(,4)',
      '   #4',
      '    drop',
      '  output:2',
      '   br1',
      '    #0',
      '     NORMAL',
      '  CONTROLLER:65535',
    ]);
    expect(outline(parseTrace(ACTION_SET)[0]!.steps)).to.deep.equal([
      'br0',
      ' #1',
      '  write_actions(set_field:00:00:00:00:00:02->eth_dst,output:3)',
      '  goto_table:2',
      '   #2',
      '    drop',
      ' Executing action set',
      '  set_field:00:00:00:00:00:02->eth_dst',
      '  output:3',
    ]);
  });

  it('has one pass for each time the packet comes back from conntrack', () => {
    const [first, second] = parseTrace(CONNTRACK);
    expect(first!.resumes).to.equal(null);
    expect(first!.datapathActions).to.equal('ct(zone=5,nat),recirc(0x1)');
    expect(first!.finalFlow).to.equal(null);
    expect(second!.resumes).to.match(/^recirc\(0x1\) - resume conntrack/);
    expect(second!.flow).to.match(/^recirc_id=0x1,ct_state=new\|trk/);
    expect(outline(second!.steps).slice(0, 4)).to.deep.equal([
      'br0',
      ' thaw',
      '  Resuming from table 1',
      ' #1',
    ]);
    expect(outline(second!.steps).slice(-4)).to.deep.equal(['  output:2', '   br1', '    #0', '     NORMAL']);
  });

  it('keeps flow, priority and cookie of what matched, and every remark', () => {
    const tables = [...walk(parseTrace(CONNTRACK))].flatMap(({ step }) =>
      step.kind === 'table' ? [step] : [],
    );
    expect(tables.map(({ match, priority, cookie }) => [match, priority, cookie])).to.deep.equal([
      ['tcp', 100, '0xc10a123400000001'],
      ['ct_state=+new+trk,tcp', 10, '0xc10a123400000003'],
      ['', 0, '0x0'],
    ]);
    const notes = [...walk(parseTrace(NESTED))].flatMap(({ step }) =>
      step.kind === 'action' ? step.notes : [],
    );
    expect(notes.map(({ level }) => level)).to.deep.equal(['warning', 'warning', 'detail']);
  });

  it('names the app behind each flow of the controller’s bridge, and no app on another', () => {
    const owners = (text: string) =>
      [...walk(readTrace(text, 'br0', '', NAMES).passes)].flatMap(({ step, on }) =>
        step.kind === 'table' ? [`${on} ${step.table} ${step.app}`] : [],
      );
    expect(owners(NESTED)).to.deep.equal([
      'br0 0 cloakflow',
      'br0 3 learning-switch',
      'br0 4 null',
      'br1 0 null',
    ]);
    expect(owners(CONNTRACK)).to.deep.equal(['br0 0 guard', 'br0 1 guard', 'br1 0 null']);
  });

  it('says in one sentence where the packet goes', () => {
    const verdict = (text: string) => readTrace(text, 'br0', '', NAMES).verdict;
    expect(verdict(CONNTRACK).sentence).to.equal('The packet goes as br1 forwards by itself (NORMAL).');
    expect(verdict(NESTED)).to.deep.include({ outcome: 'forwarded', controllers: ['learning-switch'] });
    expect(verdict(NESTED).sentence).to.equal(
      'The packet goes as br1 forwards by itself (NORMAL) and to the controller, for learning-switch.',
    );
    expect(verdict(ACTION_SET)).to.deep.equal({
      outcome: 'forwarded',
      outputs: [{ bridge: 'br0', port: '3', name: 'eth3' }],
      controllers: [],
      sentence: 'The packet goes out of port 3 (eth3) of br0.',
    });
  });

  it('says why a packet is dropped or punted', () => {
    const verdict = (text: string) => readTrace(text, 'br0', '', NAMES).verdict;
    expect(verdict(DROPPED)).to.deep.include({ outcome: 'dropped' });
    expect(verdict(DROPPED).sentence).to.equal(
      'The packet is dropped: no flow of table 3 (learning-switch: forward) matched it.',
    );
    expect(verdict(EXCEPTION).outcome).to.equal('to-controller');
    expect(verdict(EXCEPTION).sentence).to.contain('IPv4 decrement TTL exception');
    const failed = DROPPED.replace('    drop', '    resubmit(,3)\n     >>>> resubmit limit exceeded <<<<');
    expect(verdict(failed)).to.deep.include({ outcome: 'failed' });
    expect(verdict(failed).sentence).to.equal('The packet is dropped: resubmit limit exceeded.');
  });

  it('is printed with tables, owners, actions and the verdict', () => {
    const text = formatTrace(readTrace(DROPPED, 'br0', '', NAMES), plain);
    expect(text.split('\n')).to.deep.equal([
      'packet: in_port=1,dl_type=0x1234',
      'bridge br0',
      '  table 0 admit: any packet, priority 0  [cloakflow]',
      '    goto_table:3',
      '  table 3 forward: no flow matched  [learning-switch]',
      '    drop',
      'datapath: drop',
      '',
      'The packet is dropped: no flow of table 3 (learning-switch: forward) matched it.',
      '',
    ]);
  });

  it('of any text is a report or a typed error', () => {
    const line = fc.constantFrom(
      ...NESTED.split('\n'),
      ...CONNTRACK.split('\n'),
      '>>>> x <<<<',
      ' -> y',
      '=====',
      '',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(line, fc.string()), { maxLength: 30 }), lines => {
        try {
          formatTrace(readTrace(lines.join('\n'), 'br0', '', NO_NAMES), plain);
        } catch (error) {
          expect(error).to.be.instanceOf(OvsdbError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
