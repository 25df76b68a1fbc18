import { type Finding, ok, type Place, wrong } from '../finding.ts'
import { codeOf, type Reply, type Request } from './gateway.ts'
import type { Patient } from './patient.ts'
import { untilSettled } from './settle.ts'

const at = (check: string): Place => ({ subject: 'gateway', check })
/** Skew that tokens are allowed at the gateway. */
const mostSkewMs = 60_000

/** Whether the gateway answers and can write its book; waits for what has to spread after a deployment. */
export function checkHealth({ gateway, settleMs }: Patient): Promise<readonly Finding[]> {
  const look = async () => [...judgeHealth(await gateway({ path: '/health' }))]
  return untilSettled(look, { settleMs, isPassing: ({ state }) => state === 'wrong' })
}

function judgeHealth(reply: Reply | null): readonly Finding[] {
  if (reply === null) {
    const next =
      'azd deploy once more; then Portal: the gateway app > Log stream. Its network and public URL come next.'
    return [wrong(at('health'), { code: 'gateway_unreachable', detail: 'nothing answers at its public URL', next })]
  }
  if (reply.status === 200 && reply.body?.status === 'ok')
    return [ok(at('health'), `build ${String(reply.body.build)}`), judgeClock(reply)]
  const code = codeOf(reply)
  const detail = code === '' ? `status ${reply.status}, by something else than the gateway` : code
  if (code === 'audit_unavailable') return [wrong(at('health'), { code: 'book_unavailable', detail, next: bookNext })]
  const next =
    'Portal: the gateway app > Log stream says which setting or role is missing; azd provision sets all anew.'
  return [wrong(at('health'), { code: 'gateway_unhealthy', detail, next })]
}

export const bookNext =
  "The gateway writes before it calls: look at its identity's roles on audit tables and vault, and at their networks."

/** One clock may be wrong by so much that no token would be taken; whose it is cannot be seen from here. */
function judgeClock({ headers, at: now }: Reply): Finding {
  const said = Date.parse(headers.get('date') ?? '')
  if (!Number.isFinite(said) || Math.abs(said - now) <= mostSkewMs) return ok(at('clock'), 'agrees with the one here')
  const seconds = Math.round((said - now) / 1000)
  const next = 'Set the clock of this machine by NTP, and run it again; in Azure the clock is kept for you.'
  const detail = `${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'} the one here: tokens would be refused`
  return wrong(at('clock'), { code: 'clock_skew', detail, next })
}

/** Discovery as clients do it: RFC 9728 at both places, the sign-in service that it names, and the challenge. */
export async function checkDiscovery(patient: Patient): Promise<readonly Finding[]> {
  const all = [
    ...(await checkResource(patient, '')),
    ...(await checkResource(patient, '/mcp')),
    await checkIssuer(patient),
    await checkChallenge(patient),
  ]
  return all
}

async function checkResource({ gateway, deployment, tenant }: Patient, path: string): Promise<readonly Finding[]> {
  const place = at(`metadata${path}`)
  const reply = await gateway({ path: `/.well-known/oauth-protected-resource${path}` })
  const wanted = `${deployment.COUNTERSIGN_PUBLIC_URL.replace(/\/+$/, '')}${path}`
  const { resource, authorization_servers: servers, scopes_supported: scopes } = reply?.body ?? {}
  if (reply?.status !== 200 || typeof resource !== 'string') {
    const next = 'A front before the gateway has to pass /.well-known/* on unchanged.'
    return [wrong(place, { code: 'metadata_missing', detail: `status ${reply?.status ?? 'none'}`, next })]
  }
  if (resource !== wanted) {
    const next = `azd env set COUNTERSIGN_PUBLIC_URL to the address that agents use, and azd provision; here it is ${wanted}.`
    return [wrong(place, { code: 'metadata_wrong_resource', detail: resource, next })]
  }
  const isNamed = (list: unknown, part: string) => Array.isArray(list) && list.some((one) => String(one).includes(part))
  if (!isNamed(servers, `/${tenant}/v2.0`) || !isNamed(scopes, '/access_as_user')) {
    const next = 'COUNTERSIGN_TENANTS has to name the home tenant: azd provision sets it.'
    return [wrong(place, { code: 'metadata_wrong_issuer', detail: 'it does not name the tenant and scope', next })]
  }
  return [ok(place, resource)]
}

async function checkIssuer({ login, tenant }: Patient): Promise<Finding> {
  const place = at('sign-in')
  const next = 'Check COUNTERSIGN_CLOUD and the tenant id: clients find no sign-in service by them.'
  try {
    const response = await fetch(`${login}/${tenant}/v2.0/.well-known/openid-configuration`, {
      signal: AbortSignal.timeout(20_000),
    })
    const { issuer } = (await response.json()) as { readonly issuer?: unknown }
    if (typeof issuer === 'string' && issuer.endsWith(`/${tenant}/v2.0`)) return ok(place, issuer)
    return wrong(place, { code: 'issuer_wrong', detail: `status ${response.status}, another issuer`, next })
  } catch {
    return wrong(place, { code: 'issuer_unreachable', detail: 'no metadata of the sign-in service', next })
  }
}

async function checkChallenge({ gateway, deployment }: Patient): Promise<Finding> {
  const reply = await gateway({ method: 'POST', path: '/mcp', body: {} })
  const challenge = reply?.headers.get('www-authenticate') ?? ''
  const wanted = `${deployment.COUNTERSIGN_PUBLIC_URL.replace(/\/+$/, '')}/.well-known/oauth-protected-resource`
  if (reply?.status === 401 && challenge.startsWith('Bearer ') && challenge.includes(`resource_metadata="${wanted}`))
    return ok(at('challenge'), '401 with resource_metadata')
  const next = 'A front before the gateway must not answer for it, sign people in itself, or drop WWW-Authenticate.'
  const detail = `status ${reply?.status ?? 'none'}, ${challenge === '' ? 'no challenge' : 'another challenge'}`
  return wrong(at('challenge'), { code: 'challenge_wrong', detail, next })
}

interface Route extends Request {
  /** What of ours answers there without a token. */
  readonly code: string
}

/** Reserved names, which look like a backend's routes, and what falls through them all. */
const routes: readonly Route[] = [
  { path: '/api/operations', code: 'token_missing' },
  { path: '/api/audit/head', code: 'token_missing' },
  { path: '/api/approvals', code: 'token_missing' },
  { method: 'POST', path: '/api/explain', body: {}, code: 'token_missing' },
  { path: '/api/no-backend/no-operation/beyond', code: 'token_missing' },
  { path: '/problems/no-such-problem', code: 'operation_unknown' },
]

/** Whether each route is answered by the gateway itself, and by what it is there for. */
export async function checkRoutes({ gateway }: Patient): Promise<readonly Finding[]> {
  const all = await Promise.all(routes.map(async (route) => ({ route, found: codeOf(await gateway(route)) })))
  const next =
    'No front, no Easy Auth and no other function may answer there: the routes of host.json are the only ones.'
  const shadowed = all
    .filter(({ route, found }) => found !== route.code)
    .map(({ route, found }) => {
      const detail = `${route.path}: ${found === '' ? 'something else answers' : found}`
      return wrong(at('routes'), { code: 'route_shadowed', detail, next })
    })
  return shadowed.length > 0 ? shadowed : [ok(at('routes'), `${routes.length} reserved routes are the gateway's`)]
}
