import type { ActionStep, BridgeStep, TableStep, TracePass, TraceStep } from './report.js';

/** A trace as parsed: what needs knowledge from elsewhere (apps, names of ports) is still open. */
export type ParsedPass = TracePass;

const SEPARATOR = /^={10,}$/;
const BRIDGE = /^bridge\("(.*)"\)$/;
const TABLE = /^(\d+|--)\. (.*)$/;
const PRIORITY = /^(?:(.*), )?priority (\d+)(?:, cookie (0x[0-9a-f]+))?/;
/** Four blanks are one level (ofproto/ofproto-dpif-trace.c); the number of a table is padded by one more. */
const INDENT = 4;

/**
 * Reads what `ofproto/trace` prints (ovs-vswitchd(8)). The text is meant for people: a line that fits nothing
 * known is kept as an action, so nothing that Open vSwitch says is lost.
 */
export function parseTrace(text: string): ParsedPass[] {
  const passes: ParsedPass[] = [];
  let resumes: string | null = null;
  let body: string[] = [];
  let inHeader = false;
  const flush = () => {
    if (body.some(line => line.trim() !== '')) passes.push(parsePass(body, resumes));
    body = [];
  };
  for (const line of text.split('\n')) {
    if (SEPARATOR.test(line)) {
      if (!inHeader) {
        flush();
        resumes = '';
      }
      inHeader = !inHeader;
    } else if (inHeader) {
      const resumed = /^(recirc\(.*)$/.exec(line)?.[1];
      if (resumed !== undefined) resumes = resumed;
    } else {
      body.push(line);
    }
  }
  flush();
  return passes;
}

function parsePass(lines: readonly string[], resumes: string | null): ParsedPass {
  const pass: ParsedPass = {
    resumes,
    flow: '',
    steps: [],
    finalFlow: null,
    megaflow: null,
    datapathActions: null,
  };
  const builder = new StepBuilder(pass.steps);
  for (const line of lines) {
    const field = /^(Flow|Final flow|Megaflow|Datapath actions): (.*)$/.exec(line);
    if (field !== null) {
      const value = field[2]!.trim();
      if (field[1] === 'Flow') pass.flow = value;
      else if (field[1] === 'Final flow') pass.finalFlow = value === 'unchanged' ? null : value;
      else if (field[1] === 'Megaflow') pass.megaflow = value;
      else pass.datapathActions = value;
    } else {
      builder.line(line);
    }
  }
  return pass;
}

/**
 * Builds the tree from indented lines. Open vSwitch does not indent the last of several, so a table or bridge on the
 * level of the action just before it was reached by that action.
 */
class StepBuilder {
  readonly #roots: TraceStep[];
  readonly #path: { level: number; step: TraceStep }[] = [];
  /** The bridge to which steps of the outermost level belong. */
  #outermost: TraceStep | undefined;

  constructor(roots: TraceStep[]) {
    this.#roots = roots;
  }

  line(line: string): void {
    const content = line.trim();
    // A bridge's name is underlined.
    if (content === '' || /^-+$/.test(content)) return;
    const note = /^(->|>>>>|>>) ?(.*)$/.exec(content);
    if (note !== null) {
      this.#note(note[1]!, note[2]!);
      return;
    }
    const level = Math.floor((line.length - line.trimStart().length) / INDENT);
    const step = readStep(content);
    const parent = this.#parent(level, step);
    (parent?.steps ?? this.#roots).push(step);
    this.#path.push({ level, step });
  }

  #parent(level: number, step: TraceStep): TraceStep | undefined {
    const last = this.#path.at(-1);
    // A bridge that ends a pipeline stands on the outermost level, and so do its tables.
    const reached =
      step.kind !== 'action' && last?.step.kind === 'action' && (level === 0 || last.level === level);
    if (reached && (level > 0 || step.kind === 'bridge')) {
      if (level === 0) this.#outermost = step;
      return last.step;
    }
    while (this.#path.length > 0 && this.#path.at(-1)!.level >= level) this.#path.pop();
    if (level === 0 && step.kind === 'bridge') {
      this.#outermost = step;
      return undefined;
    }
    return this.#path.at(-1)?.step ?? this.#outermost;
  }

  #note(mark: string, text: string): void {
    let action = this.#path.at(-1)?.step;
    if (action?.kind !== 'action') {
      // A remark on a table or a bridge itself.
      action = { kind: 'action', text: '', notes: [], steps: [] };
      (this.#path.at(-1)?.step.steps ?? this.#roots).push(action);
    }
    const level = mark === '->' ? 'detail' : mark === '>>' ? 'warning' : 'error';
    action.notes.push({ level, text: text.replace(/ <<<<$/, '') });
  }
}

function readStep(content: string): TraceStep {
  const bridge = BRIDGE.exec(content);
  if (bridge !== null) return { kind: 'bridge', name: bridge[1]!, steps: [] } satisfies BridgeStep;
  const table = TABLE.exec(content);
  if (table === null || table[1] === '--') {
    const text = table === null ? content : table[2]!.replace(/:$/, '');
    return { kind: 'action', text, notes: [], steps: [] } satisfies ActionStep;
  }
  const flow = PRIORITY.exec(table[2]!);
  const step: TableStep = {
    kind: 'table',
    table: Number(table[1]),
    tableName: null,
    match: null,
    priority: null,
    cookie: null,
    app: null,
    steps: [],
  };
  if (flow === null) return step;
  return { ...step, match: flow[1] ?? '', priority: Number(flow[2]), cookie: flow[3] ?? '0x0' };
}
