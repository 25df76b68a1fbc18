/**
 * The one call of Microsoft Graph that the gateway makes: which groups the signed-in person is in, where the token
 * has too many to list. Differs in that groups come from the persona table and nested groups do not exist.
 */
import { accountOf } from '../personas.ts'
import type { EntraContext } from './context.ts'
import { checkToken } from './token-check.ts'
import type { Endpoint, Reply, Request } from './wire.ts'

const audience = ['https://graph.microsoft.com', '00000003-0000-0000-c000-000000000000']

const refuse = (status: number, code: string, message: string): Reply => ({
  status,
  body: { error: { code, message } },
})

function memberGroups(context: EntraContext, request: Request): Reply {
  const token = /^Bearer (\S+)$/.exec(String(request.headers.authorization ?? ''))?.[1] ?? ''
  const result = checkToken(context.ring, token, { audience, now: context.now() })
  if ('fault' in result) return refuse(401, 'InvalidAuthenticationToken', 'Access token validation failure.')
  const { tid, oid, scp } = result.claims
  if (typeof scp !== 'string')
    return refuse(400, 'BadRequest', '/me request is only valid with delegated authentication.')
  const account = accountOf(tid, oid)
  if (!account) return refuse(404, 'Request_ResourceNotFound', 'The account does not exist.')
  const context_ = 'https://graph.microsoft.com/v1.0/$metadata#Collection(Edm.String)'
  return { status: 200, body: { '@odata.context': context_, value: [...account.groups] } }
}

export function graphEndpoints(context: EntraContext): Endpoint[] {
  const pattern = /^\/v1\.0\/me\/getMemberGroups$/
  return [{ method: 'POST', pattern, handle: (request) => memberGroups(context, request) }]
}
