import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import { STYLE } from './style.js';

export type Markup = ReturnType<typeof html>;

/** A page of the cloud's own servers. It has no script, and nothing from elsewhere. */
export interface Page {
  readonly title: string;
  readonly main: Markup;
  readonly status?: number;
  /** Where its forms may go besides the page's own server, such as `https://linker.popsicls.example`. */
  readonly formTargets?: readonly string[];
}

const STYLE_HASH = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

export async function page({ title, main, status = 200, formTargets = [] }: Page): Promise<Response> {
  const policy = [
    "default-src 'none'",
    `style-src ${STYLE_HASH}`,
    `form-action ${["'self'", ...formTargets].join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ];
  const text = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
${main}
</body>
</html>
`;
  return new Response(String(text), {
    status,
    headers: {
      'cache-control': 'no-store',
      'content-security-policy': policy.join('; '),
      'content-type': 'text/html; charset=utf-8',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      // Not no-referrer: browsers then leave the origin out of the form's own request.
      'referrer-policy': 'same-origin',
      'strict-transport-security': 'max-age=31536000',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    },
  });
}
