import type { MessageCatalogue } from './message.js';

/** The reference page of message catalogues, in Markdown. Sections in the order given, messages by id. */
export function messageReference(sections: readonly { title: string; messages: MessageCatalogue }[]): string {
  const lines = [
    '# Messages',
    '',
    'Every line of the controller’s log has an `id` from this page. Generated from the message catalogues.',
    '',
  ];
  for (const { title, messages } of sections) {
    const ids = Object.keys(messages).sort();
    if (ids.length === 0) continue;
    lines.push(`## ${title}`, '');
    for (const id of ids) {
      const { level, text, cause, remedy } = messages[id]!;
      lines.push(`### ${id}`, '', `**${level}** — ${text}`, '', `*Cause:* ${cause}`, '');
      if (remedy !== undefined) lines.push(`*Remedy:* ${remedy}`, '');
    }
  }
  return lines.join('\n');
}
