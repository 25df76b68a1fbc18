/** The client-credentials grant: an application as itself. Roles come from the persona table; there is no person. */
import { apps, personas, tenants } from '../personas.ts'
import { appClaims } from './claims.ts'
import { type EntraContext, secondsOf } from './context.ts'
import { signJws } from './jws.ts'
import type { TokenRequest } from './on-behalf-of.ts'
import { ownApi, resolveScope } from './resources.ts'
import { keyOf } from './signing-keys.ts'
import { isRefusal, type Refusal } from './sts-errors.ts'
import type { Reply } from './wire.ts'

const lifetime = 3_599

/** An app-only token; the scope has to be `{resource}/.default`. */
export function grantClientCredentials(context: EntraContext, request: TokenRequest): Reply | Refusal {
  const scope = request.form.get('scope') ?? ''
  if (!scope.endsWith('/.default')) return { refused: 70011 }
  const target = resolveScope([ownApi, ...context.resources], scope)
  if (isRefusal(target)) return target
  const { clientId, azpacr } = request.client
  const { robot } = personas
  const app = clientId === apps.robot ? robot : { tid: tenants.home, oid: clientId, roles: [] }
  const { audience, version } = target.resource
  const shape = { audience, version, azp: clientId, azpacr, now: secondsOf(context), ttl: lifetime }
  const key = keyOf(context.ring, tenants.home)
  const header = { typ: 'JWT', alg: 'RS256', kid: key.kid }
  const token = signJws(header, appClaims(app, shape), key.privateKey)
  const body = { token_type: 'Bearer', expires_in: lifetime, ext_expires_in: lifetime, access_token: token }
  return { status: 200, body }
}
