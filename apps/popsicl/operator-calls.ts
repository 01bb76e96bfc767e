import { z } from 'zod';
import type { Json } from '../../controller/openflow/index.js';
import { registrationAnswer, registrationSchema } from './portal/portal-requests.js';
import { RegistrationError } from './registry/registration-error.js';
import type { RegistrationService } from './registry/registration-service.js';

/** The operator's registrations share one limit, apart from those of clients. */
const OPERATOR = 'operator';
const named = z.strictObject({ name: z.string().min(1).max(255) });
const listed = z.strictObject({ unseal: z.boolean().default(false) });

/**
 * What the operator may ask over the admin socket: `list` {unseal?}, `register` as at the portal, `renew` {name}, `revoke` {name},
 * `expire`. Throws RegistrationError `bad-call`, and what the service throws.
 */
export function operatorCalls(
  service: RegistrationService,
): (name: string, parameters: Json) => Promise<Json> {
  return async (name, parameters) => {
    switch (name) {
      case 'list':
        return asJson(await service.list(checked(listed, parameters ?? {}).unseal));
      case 'register': {
        const input = checked(registrationSchema, parameters);
        return asJson(registrationAnswer(await service.register({ ...input, source: OPERATOR })));
      }
      case 'renew':
        return asJson(await service.renew(checked(named, parameters).name.toLowerCase()));
      case 'revoke':
        return asJson(await service.revoke(checked(named, parameters).name.toLowerCase()));
      case 'expire':
        return { expired: await service.sweep() };
      default:
        throw new RegistrationError('bad-call', 'registration has no such call');
    }
  };
}

/** Throws RegistrationError `bad-call`. */
export function checked<T>(schema: z.ZodType<T>, parameters: Json): T {
  const parsed = schema.safeParse(parameters);
  if (parsed.success) return parsed.data;
  throw new RegistrationError('bad-call', 'the parameters of the call are wrong');
}

/** Reports are plain data. */
function asJson(value: object): Json {
  return value as unknown as Json;
}
