import type { Argument, Command } from 'commander';
import { examplesOf } from './examples.js';
import { EXIT_CODES } from './exit-codes.js';
import { optionText } from './option-text.js';

/** The reference page of the command line in Markdown, from the definitions of the commands. */
export function renderReference(program: Command): string {
  return [
    '# Command line reference',
    '<!-- Generated from controller/cli: run `node dist/controller/cli/write-reference.js` after a build. -->',
    sentence(program.description()),
    code(['cloakflow [--version] [--help] COMMAND …']),
    ...leaves(program).map(renderCommand),
    '## Exit codes',
    table(
      ['code', 'meaning'],
      EXIT_CODES.map(([exit, meaning]) => [exit, meaning]),
    ),
    '## Environment',
    table(
      ['variable', 'meaning'],
      [
        [
          '`CLOAKFLOW_ADMIN`',
          'path of the admin socket, for `run` and for every command that asks a running controller',
        ],
        ['`NO_COLOR`', 'no colours on a terminal either'],
      ],
    ),
  ]
    .join('\n\n')
    .concat('\n');
}

/** Commands that do something, in the order of the help. */
function leaves(command: Command): Command[] {
  return command.commands.flatMap(child => (child.commands.length > 0 ? leaves(child) : [child]));
}

function renderCommand(command: Command): string {
  const parts = [`## ${fullName(command)}`, sentence(command.description())];
  parts.push(
    code([[fullName(command), '[options]', ...command.registeredArguments.map(placeholder)].join(' ')]),
  );
  const rows = [
    ...command.registeredArguments.map(argument => [`\`${placeholder(argument)}\``, argument.description]),
    ...command.options.map(option => [`\`${option.flags}\``, optionText(option)]),
  ];
  if (rows.length > 0) parts.push(table(['argument or option', 'meaning'], rows));
  const examples = examplesOf(command);
  if (examples.length > 0) parts.push(code(examples.flatMap(([line, purpose]) => [`# ${purpose}`, line])));
  return parts.join('\n\n');
}

function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}

function placeholder(argument: Argument): string {
  const name = argument.variadic ? `${argument.name()}...` : argument.name();
  return argument.required ? `<${name}>` : `[${name}]`;
}

function sentence(text: string): string {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return start.endsWith('.') ? start : `${start}.`;
}

function code(lines: readonly string[]): string {
  return ['```console', ...lines, '```'].join('\n');
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}
