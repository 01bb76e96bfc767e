import { z } from 'zod';
import { configSchema } from './schema.js';

/** The reference page of the configuration file, in Markdown, from its schema. */
export function configReference(): string {
  const rows = rowsOf(configSchema, '');
  return [
    '# Configuration',
    '',
    'A YAML file, given to `cloakflow run` and `cloakflow check`. Unknown keys are refused. What the apps can be told is in',
    'their READMEs, in `apps/`. Generated from the schema.',
    '',
    '| key | default | meaning |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

function rowsOf(schema: z.ZodObject, prefix: string): string[] {
  return Object.entries(schema.shape).flatMap(([key, value]) => {
    const inner = value instanceof z.ZodPrefault ? value.unwrap() : value;
    if (inner instanceof z.ZodObject) return rowsOf(inner, `${prefix}${key}.`);
    const initial =
      value instanceof z.ZodDefault
        ? `\`${JSON.stringify(value.def.defaultValue)}\``
        : value instanceof z.ZodOptional
          ? ''
          : 'required';
    return [`| \`${prefix}${key}\` | ${initial} | ${(value as z.ZodType).description ?? ''} |`];
  });
}
