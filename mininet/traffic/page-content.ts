import { deflateSync } from 'node:zlib';

/** Bytes of a page's objects by file name (`style0.css`, `script1.js`, `image2.png`), and of the page itself. */
export interface PageContent {
  bytes: number;
  objects: Readonly<Record<string, number>>;
}

const TYPES: Record<string, string> = { css: 'text/css', js: 'text/javascript', png: 'image/png' };

/** What stands at `/NAME/` (the page) and `/NAME/FILE`; undefined for every other path. */
export function pageFile(
  pages: Readonly<Record<string, PageContent>>,
  path: string,
): { type: string; body: Buffer } | undefined {
  const [, name = '', file = '', ...more] = path.split('/');
  const page = pages[name];
  if (page === undefined || more.length > 0) return undefined;
  if (file === '') return { type: 'text/html; charset=utf-8', body: html(name, page) };
  const bytes = page.objects[file];
  const end = file.split('.').at(-1)!;
  if (bytes === undefined) return undefined;
  return { type: TYPES[end]!, body: end === 'png' ? picture(bytes) : comment(bytes) };
}

function html(name: string, { bytes, objects }: PageContent): Buffer {
  const tags = Object.keys(objects).map(file => {
    const url = `/${name}/${file}`;
    if (file.endsWith('.css')) return `<link rel="stylesheet" href="${url}">`;
    return file.endsWith('.js') ? `<script src="${url}"></script>` : `<img src="${url}">`;
  });
  const text = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${name}</title></head><body>\n${tags.join('\n')}\n`;
  return filled(Buffer.from(`${text}<p>`), bytes, Buffer.from('</p></body></html>\n'));
}

const comment = (bytes: number) => filled(Buffer.from('/*'), bytes, Buffer.from('*/'));

/** A grey point; what follows the end of a PNG is not looked at. */
function picture(bytes: number): Buffer {
  return filled(PICTURE, bytes, Buffer.alloc(0));
}

function filled(start: Buffer, bytes: number, end: Buffer): Buffer {
  const rest = Math.max(0, bytes - start.length - end.length);
  return Buffer.concat([start, Buffer.alloc(rest, 'x'), end]);
}

const PICTURE = (() => {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const whole = Buffer.alloc(8 + body.length);
    whole.writeUInt32BE(data.length);
    body.copy(whole, 4);
    whole.writeUInt32BE(crc(body), 4 + body.length);
    return whole;
  };
  const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.from([0, 128]))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
})();

function crc(bytes: Buffer): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return (value ^ 0xffffffff) >>> 0;
}
