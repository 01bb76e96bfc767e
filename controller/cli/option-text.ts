import type { Option } from 'commander';

/** What help and reference page say of an option: its description, its choices, its default or that it must be there. */
export function optionText(option: Option): string {
  const { description, argChoices, defaultValue, defaultValueDescription, mandatory } = option;
  const notes = [];
  if (argChoices !== undefined) notes.push(`one of ${argChoices.join(', ')}`);
  const isEmptyList = Array.isArray(defaultValue) && defaultValue.length === 0;
  if (defaultValue !== undefined && typeof defaultValue !== 'boolean' && !isEmptyList)
    notes.push(`default: ${defaultValueDescription ?? defaultValue}`);
  else if (mandatory) notes.push('required');
  return notes.length === 0 ? description : `${description} (${notes.join('; ')})`;
}
