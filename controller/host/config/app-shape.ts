import type { AppDefinition } from '../app.js';

const APP_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Whether a value that came from somebody else's module is an app definition as far as the host relies on it. */
export function isAppDefinition(value: unknown): value is AppDefinition {
  if (typeof value !== 'object' || value === null) return false;
  const { name, summary, config, tables, endsPipeline, start } = value as Record<string, unknown>;
  return (
    typeof name === 'string' &&
    APP_NAME.test(name) &&
    typeof summary === 'string' &&
    typeof (config as { safeParse?: unknown } | undefined)?.safeParse === 'function' &&
    Array.isArray(tables) &&
    tables.every(isTable) &&
    typeof endsPipeline === 'boolean' &&
    typeof start === 'function'
  );
}

function isTable(table: unknown): boolean {
  const { name, miss } = (table ?? {}) as Record<string, unknown>;
  return typeof name === 'string' && (miss === 'next' || miss === 'own');
}
