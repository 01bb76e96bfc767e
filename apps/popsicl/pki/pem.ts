/** One PEM block (RFC 7468) with a final newline. */
export function toPem(label: string, der: ArrayBuffer | Uint8Array): string {
  const text = Buffer.from(der as Uint8Array).toString('base64');
  return `-----BEGIN ${label}-----\n${text.replace(/.{1,64}/g, '$&\n')}-----END ${label}-----\n`;
}

/** Contents of every block with this label, in their order. */
export function fromPem(label: string, text: string): Buffer[] {
  const blocks = text.matchAll(
    new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]*)-----END ${label}-----`, 'g'),
  );
  return [...blocks].map(block => Buffer.from(block[1]!, 'base64'));
}
