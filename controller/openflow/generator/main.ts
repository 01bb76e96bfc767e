/**
 * Writes controller/openflow/generated/*.ts from the specification; with --reference also
 * docs/reference/openflow.md. Files whose text does not change are left alone.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { specification } from '../spec/index.js';
import { emitDecoders } from './decoders.js';
import { emitEncoders } from './encoders.js';
import { emitEnumerations } from './enumerations.js';
import { Model } from './model.js';
import { emitErrorTables, emitOxmTable } from './oxm-table.js';
import { emitReference } from './reference.js';
import { emitTypes } from './types.js';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const model = new Model(specification);
const files: Record<string, string> = {
  'controller/openflow/generated/enumerations.ts': emitEnumerations(model),
  'controller/openflow/generated/oxm-table.ts': emitOxmTable(model),
  'controller/openflow/generated/error-tables.ts': emitErrorTables(model),
  'controller/openflow/generated/types.ts': emitTypes(model),
  'controller/openflow/generated/encoders.ts': emitEncoders(model),
  'controller/openflow/generated/decoders.ts': emitDecoders(model),
};
if (process.argv.includes('--reference')) files['docs/reference/openflow.md'] = emitReference(model);

for (const [name, text] of Object.entries(files)) {
  const path = join(ROOT, name);
  if (current(path) === text) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function current(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
