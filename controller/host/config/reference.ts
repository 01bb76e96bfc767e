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

/** `required`: what stands for a key that has to be there. */
function rowsOf(schema: z.ZodObject, prefix: string, required = 'required'): string[] {
  return Object.entries(schema.shape).flatMap(([key, value]) => {
    const inner = value instanceof z.ZodPrefault || value instanceof z.ZodOptional ? value.unwrap() : value;
    if (inner instanceof z.ZodObject) {
      const group = `${prefix}${key}`;
      const isOptional = value instanceof z.ZodOptional;
      return rowsOf(inner, `${group}.`, isOptional ? `required in \`${group}\`` : required);
    }
    const initial =
      value instanceof z.ZodDefault
        ? `\`${JSON.stringify(value.def.defaultValue)}\``
        : value instanceof z.ZodOptional
          ? ''
          : required;
    return [`| \`${prefix}${key}\` | ${initial} | ${(value as z.ZodType).description ?? ''} |`];
  });
}
