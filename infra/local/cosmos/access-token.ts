import { resources } from '../../../shared/backend/define-resources.ts'
import { type Claims, makeBearerCheck } from '../entra/bearer-check.ts'

/** What the account needs to know of tokens: where their keys are, the tenant, and its own address. */
export interface AccountRules {
  readonly entra: string
  readonly tenant: string
  /** `https://<host>[:port]`: the audience of the account's tokens. */
  readonly account: string
}

/** The API of an account in the sign-in service: the account's own address names it. */
export function accountResource(account: string) {
  const application = resources.cosmos.permission.resource
  return { id: account, audience: account, version: 1, scopes: ['user_impersonation'], application } as const
}

/**
 * Makes the account's check of the Authorization header, which is `type=aad&ver=1.0&sig=<token>`, URL-encoded or not.
 * Tokens have to be delegated. Resolves with the claims, or null for what does not hold.
 */
export function makeTokenCheck({ account, ...rules }: AccountRules) {
  const accepted = { audience: [account, `${account}/`], issuer: `https://sts.windows.net/${rules.tenant}/` }
  const check = makeBearerCheck(rules, { ...accepted, requiredClaims: ['scp'] })
  return async (authorization: string | undefined): Promise<Claims | null> => {
    const token = /^type=aad&ver=1\.0&sig=([\w.-]+)$/.exec(decode(authorization ?? ''))?.[1]
    const claims = token === undefined ? null : await check(`Bearer ${token}`)
    return String(claims?.scp).split(' ').includes('user_impersonation') ? claims : null
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}
