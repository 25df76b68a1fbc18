/**
 * Certificates for keys of people, as `az ssh cert` asks for them (`token_type=ssh-cert`, `req_cnf`, `key_id`). Whether
 * Entra gives one for the on-behalf-of grant is documented nowhere; here it does, where the stack has an authority.
 */
import type { EntraContext } from './context.ts'
import type { Json } from './jws.ts'
import type { Resource } from './resources.ts'
import type { Refusal } from './sts-errors.ts'
import type { Reply } from './wire.ts'

/** Signs a certificate (base64) for a key, an hour of the person's; the signer is no part of this stand-in. */
export type Certify = (key: { readonly n: string; readonly e: string }, person: string, now: number) => string

interface Granted {
  readonly claims: Json
  readonly resource: Resource
  readonly form: URLSearchParams
}

const linux = /^https:\/\/pas(ff)?\.[a-z.]+\/CheckMyAccess\/Linux$/

/** The answer with the certificate; refused for any other resource, or a key that is not described whole. */
export function certifyKey(context: EntraContext, { claims, resource, form }: Granted): Reply | Refusal {
  const key = readKey(form.get('req_cnf') ?? '')
  const isAsked = linux.test(resource.id) && key !== null && key.kid === form.get('key_id')
  if (!isAsked || key === null || context.certify === undefined) return { refused: 9002313 }
  const name = String(claims.preferred_username ?? claims.upn ?? '')
  const certificate = context.certify(key, name, Math.floor(context.now() / 1000))
  return {
    status: 200,
    body: { token_type: 'ssh-cert', scope: form.get('scope'), expires_in: 3599, access_token: certificate },
  }
}

function readKey(text: string): { n: string; e: string; kid: string } | null {
  try {
    const { kty, n, e, kid } = JSON.parse(text) as Record<string, unknown>
    const isWhole = kty === 'RSA' && [n, e, kid].every((part) => typeof part === 'string' && part !== '')
    return isWhole ? { n: String(n), e: String(e), kid: String(kid) } : null
  } catch {
    return null
  }
}
