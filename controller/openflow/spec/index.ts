/** The whole specification: the core and its extensions joined. How to add to it: README.md. */
import { core } from './core.js';
import type {
  Condition,
  Constants,
  Enumeration,
  ErrorCodes,
  Extension,
  FlagSet,
  OxmField,
  Structure,
  Union,
} from './dsl.js';
import { extensions } from './extensions/index.js';

export interface Specification {
  readonly documents: readonly Extension[];
  readonly constants: readonly Constants[];
  readonly enumerations: readonly Enumeration[];
  readonly flagSets: readonly FlagSet[];
  readonly structures: readonly Structure[];
  readonly unions: readonly Union[];
  readonly conditions: readonly Condition[];
  readonly oxmFields: readonly OxmField[];
  /** Codes of the standard error types, `code` being the type. */
  readonly errorCodes: readonly ErrorCodes[];
  /** Codes of experimenter errors, `code` being the experimenter id. */
  readonly experimenterErrorCodes: readonly ErrorCodes[];
}

export function join(base: Extension, additions: readonly Extension[]): Specification {
  const documents = [base, ...additions];
  const unions = documents.flatMap(document => document.unions ?? []);
  return {
    documents,
    constants: documents.flatMap(document => document.constants ?? []),
    enumerations: documents.flatMap(document => document.enumerations ?? []),
    flagSets: documents.flatMap(document => document.flagSets ?? []),
    structures: documents.flatMap(document => document.structures ?? []),
    unions: unions.map(union => ({
      ...union,
      variants: [...union.variants, ...documents.flatMap(document => document.variants?.[union.name] ?? [])],
    })),
    conditions: mergeConditions(documents.flatMap(document => document.conditions ?? [])),
    oxmFields: documents.flatMap(document => document.oxmFields ?? []),
    errorCodes: base.errorCodes ?? [],
    experimenterErrorCodes: additions.flatMap(document => document.errorCodes ?? []),
  };
}

/** A condition that several documents name has the sources of all, and the words of the first. */
function mergeConditions(conditions: readonly Condition[]): Condition[] {
  const merged = new Map<string, Condition>();
  for (const item of conditions) {
    const { doc, sources } = merged.get(item.name) ?? { doc: item.doc, sources: [] };
    merged.set(item.name, { name: item.name, doc, sources: [...sources, ...item.sources] });
  }
  return [...merged.values()];
}

export const specification: Specification = join(core, extensions);
