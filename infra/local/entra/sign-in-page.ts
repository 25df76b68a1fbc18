/**
 * A person's sign-in in a browser: authorization code with PKCE (RFC 7636), as Entra has it for single-page applications.
 * It differs in that one picks a persona instead of proving to be somebody, and every claims challenge is met.
 * https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
 */
import { hash, randomBytes } from 'node:crypto'
import { apps, personaNamed, personas, tenants } from '../personas.ts'
import { parseChallenge, requiredContexts } from './challenge.ts'
import { type EntraContext, secondsOf } from './context.ts'
import { mintToken } from './mint.ts'
import type { Endpoint, Reply, Request } from './wire.ts'

const codeSeconds = 300
const mostCodes = 1_000

/** Single-page applications of the directory, and the paths that a sign-in may come back to. */
const redirects: Readonly<Record<string, RegExp>> = {
  [apps.console]: /^http:\/\/(localhost|127\.0\.0\.1):\d+\/console$/,
}

export function signInEndpoints(context: EntraContext): Endpoint[] {
  const pattern = /^\/([\w-]+)\/oauth2\/v2\.0\/authorize$/
  return [{ method: 'GET', pattern, handle: (request) => authorize(context, request) }]
}

function authorize(context: EntraContext, { url, path }: Request): Reply {
  const { codes } = context
  const asked = url.searchParams
  const fault = findFault(asked, path[0] ?? '')
  if (fault !== null) return page(400, `<p>${fault}</p>`)
  const persona = personaNamed(asked.get('login_hint') ?? '')
  if (persona === undefined) return page(200, choices(url))
  const code = randomBytes(24).toString('base64url')
  const [oldest] = codes.keys()
  if (codes.size >= mostCodes && oldest !== undefined) codes.delete(oldest)
  codes.set(code, { persona, asked, until: secondsOf(context) + codeSeconds })
  const back = new URL(asked.get('redirect_uri') ?? '')
  back.searchParams.set('code', code)
  back.searchParams.set('state', asked.get('state') ?? '')
  return { status: 302, headers: { location: back.href } }
}

/** Nothing is sent back to an address that is not the application's own. */
function findFault(asked: URLSearchParams, tenant: string): string | null {
  const allowed = redirects[asked.get('client_id') ?? '']
  if (tenant !== tenants.home) return 'AADSTS90002: Tenant not found.'
  if (allowed?.test(asked.get('redirect_uri') ?? '') !== true) return 'AADSTS50011: The redirect URI does not match.'
  if (asked.get('response_type') !== 'code') return 'AADSTS700051: The response type is not enabled.'
  if (asked.get('code_challenge_method') !== 'S256') return 'AADSTS9002325: PKCE is required.'
  return null
}

function choices(url: URL): string {
  const people = Object.values(personas).filter(({ kind, tid }) => kind === 'person' && tid === tenants.home)
  const links = people.map(({ name, displayName, roles }) => {
    const here = new URLSearchParams(url.searchParams)
    here.set('login_hint', name)
    const role = roles.map((one) => one.replace('Countersign.', '')).join(', ')
    return `<li><a id="${name}" href="?${here.toString().replaceAll('&', '&amp;')}">${displayName}</a> ${role}</li>`
  })
  return `<p>Stand-in for the sign-in of Microsoft Entra ID. Who are you?</p><ul>${links.join('')}</ul>`
}

function page(status: number, content: string): Reply {
  const head =
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>Sign in</title>'
  const style = '<style>body{font:1.1rem/2.2 system-ui;margin:2rem}</style>'
  return { status, body: `<!doctype html><html lang="en"><head>${head}${style}</head><body>${content}</body></html>` }
}

const shared = { 'access-control-allow-origin': '*' }

/** The grant `authorization_code` of a single-page application, which has no credential but its verifier. */
export function redeemCode(context: EntraContext, form: URLSearchParams): Reply {
  const { codes } = context
  const code = form.get('code') ?? ''
  const pending = codes.get(code)
  codes.delete(code)
  if (pending === undefined || pending.until < secondsOf(context) || !isSame(pending.asked, form)) {
    return { status: 400, headers: shared, body: { error: 'invalid_grant', error_description: 'AADSTS54005' } }
  }
  const { persona, asked } = pending
  const scope = (asked.get('scope') ?? '').replace(`api://${apps.api}/`, '')
  const claims = parseChallenge(asked.get('claims'))
  const acrs = requiredContexts(claims)
  const met = { control: true, scope, satisfies: claims ?? {}, acrs: acrs.length > 0 ? acrs : null }
  const { access_token, expires_in } = mintToken(context, persona, met)
  return {
    status: 200,
    headers: shared,
    body: { token_type: 'Bearer', scope: asked.get('scope'), access_token, expires_in },
  }
}

function isSame(asked: URLSearchParams, form: URLSearchParams): boolean {
  const challenge = Buffer.from(hash('sha256', form.get('code_verifier') ?? '', 'hex'), 'hex').toString('base64url')
  return (
    asked.get('code_challenge') === challenge &&
    asked.get('client_id') === form.get('client_id') &&
    asked.get('redirect_uri') === form.get('redirect_uri')
  )
}
