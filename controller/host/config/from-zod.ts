import { z } from 'zod';
import type { ConfigProblem } from './config-error.js';
import type { ConfigDocument } from './document.js';
import { nearestName } from './nearest-name.js';

/** Checks `value` against `schema`; problems name the path below `base` and the line in `document`. */
export function checkValue<T>(
  schema: z.ZodType<T>,
  value: unknown,
  base: readonly (string | number)[],
  document: ConfigDocument | undefined,
): { value: T; problems: [] } | { problems: ConfigProblem[] } {
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data, problems: [] };
  return { problems: result.error.issues.flatMap(issue => problemsOf(issue, schema, base, document)) };
}

function problemsOf(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  base: readonly (string | number)[],
  document: ConfigDocument | undefined,
): ConfigProblem[] {
  const inner = issue.path.map(part => (typeof part === 'symbol' ? String(part) : part));
  const path = [...base, ...inner];
  if (issue.code !== 'unrecognized_keys') {
    return [{ code: 'config-bad-value', message: sentence(issue), path, ...document?.placeOf(path) }];
  }
  const known = keysAt(schema, inner);
  return issue.keys.map(key => {
    const near = nearestName(key, known);
    const mend = near === undefined ? listOf(known) : `did you mean ${JSON.stringify(near)}?`;
    return {
      code: 'config-unknown-key',
      message: `unknown key ${JSON.stringify(key)}`,
      path,
      ...document?.placeOfKey(path, key),
      ...(mend === undefined ? {} : { mend }),
    };
  });
}

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.input === undefined && issue.message.includes('undefined')) {
    return 'this key is required';
  }
  // Names such as TLS keep their capitals.
  if (/^[A-Z]{2}/.test(issue.message)) return issue.message;
  return issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
}

/** The keys that the object schema at `path` knows. */
function keysAt(schema: z.ZodType, path: readonly (string | number)[]): string[] {
  let current: unknown = schema;
  for (const part of path) {
    current = bare(current);
    if (current instanceof z.ZodObject) current = current.shape[part];
    else if (current instanceof z.ZodArray) current = current.element;
    else if (current instanceof z.ZodRecord) current = current.valueType;
    else return [];
  }
  current = bare(current);
  return current instanceof z.ZodObject ? Object.keys(current.shape) : [];
}

/** The schema below defaults, optionals and transformations. */
function bare(schema: unknown): unknown {
  let current = schema;
  for (;;) {
    if (current instanceof z.ZodDefault || current instanceof z.ZodPrefault) current = current.unwrap();
    else if (current instanceof z.ZodOptional || current instanceof z.ZodNullable) current = current.unwrap();
    else if (current instanceof z.ZodPipe) current = current.in;
    else return current;
  }
}

function listOf(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : `known keys: ${names.join(', ')}`;
}
