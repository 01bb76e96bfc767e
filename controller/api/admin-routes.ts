import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { CodedError } from '../coded-error.js';
import type { Json } from '../openflow/index.js';
import type { AdminBackend } from './admin-backend.js';
import { AdminError } from './admin-error.js';

const STATUS: Readonly<Record<string, ContentfulStatusCode>> = {
  'unknown-switch': 404,
  'unknown-app': 404,
  'not-found': 404,
  'bad-request': 400,
};
/** Largest parameters of a call to an app. */
const MAX_CALL_BYTES = 1 << 20;
const DATAPATH_ID = /^[0-9a-f]{16}$/;

/** The requests of the admin socket. Errors are `{"error": {"code", "message", "mend"}}`. */
export function adminRoutes(backend: AdminBackend): Hono {
  const routes = new Hono();

  routes.get('/switches', context => context.json(backend.switches()));
  routes.get('/switches/:id/ports', async context =>
    context.json(await backend.ports(datapathId(context.req.param('id')), context.req.raw.signal)),
  );
  routes.get('/switches/:id/flows', async context => {
    const id = datapathId(context.req.param('id'));
    const unseal = context.req.query('unseal') === 'true';
    return context.json(await backend.flows(id, context.req.raw.signal, unseal));
  });
  routes.get('/apps', context => context.json(backend.apps()));
  routes.post('/apps/:name/start', async context => {
    await backend.startApp(context.req.param('name'));
    return context.json({});
  });
  routes.post('/apps/:name/stop', async context => {
    await backend.stopApp(context.req.param('name'));
    return context.json({});
  });
  routes.post('/apps/:name/calls/:call', limitedBody, async context => {
    const { name, call } = context.req.param();
    return context.json(await backend.callApp(name, call, await jsonBody(context.req)));
  });
  routes.get('/config/diff', async context => context.json(await backend.previewReload()));
  routes.post('/config/reload', async context => context.json(await backend.reload()));
  routes.get('/metrics', async context =>
    context.text(await backend.metrics(), 200, {
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    }),
  );

  routes.notFound(context => {
    const error = new AdminError('not-found', `there is no ${context.req.method} ${context.req.path}`);
    return context.json(errorJson(error), 404);
  });
  routes.onError((error, context) => context.json(errorJson(error), statusOf(error)));
  return routes;
}

const limitedBody = bodyLimit({
  maxSize: MAX_CALL_BYTES,
  onError: () => {
    throw new AdminError('bad-request', `parameters of a call have at most ${MAX_CALL_BYTES} bytes`);
  },
});

async function jsonBody(request: { text(): Promise<string> }): Promise<Json> {
  const text = await request.text();
  if (text === '') return null;
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw new AdminError('bad-request', 'the parameters of a call are no JSON');
  }
}

function datapathId(text: string): string {
  if (DATAPATH_ID.test(text)) return text;
  throw new AdminError('bad-request', 'a datapath id has 16 lower-case hexadecimal digits');
}

function statusOf(error: Error): ContentfulStatusCode {
  if (!(error instanceof CodedError)) return 500;
  return STATUS[error.code] ?? 409;
}

function errorJson(error: Error): { error: { code: string; message: string; mend?: string } } {
  if (!(error instanceof CodedError)) return { error: { code: 'internal', message: error.message } };
  const { code, message, mend } = error;
  return { error: mend === undefined ? { code, message } : { code, message, mend } };
}
