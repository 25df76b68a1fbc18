import type { ForeignToken } from '../identity/foreign-token.ts'
import type { Principal } from '../identity/principal.ts'
import { endOf, parseAnswer, postForm, requestToken, seenSomebodyElse, textIn, unavailable } from './token-answer.ts'
import type { ForeignWish, TokenService } from './token-service.ts'
import { needed, type TokenParts } from './token-settings.ts'

/**
 * Salesforce's OAuth token exchange (RFC 8693): the org's own handler maps the person's token to one of its users. Whom
 * it made of them is asked with the new token (`/services/oauth2/userinfo`) before the token is used.
 */
export function createSalesforceTokens(parts: TokenParts): TokenService {
  return async (wish): Promise<ForeignToken> => {
    const { values, endpoint } = parts.settingsFor(wish.backend)
    const base = needed(endpoint('tokens'), 'tokens')
    const secret = values.clientSecretName === undefined ? {} : await secretOf(values.clientSecretName, parts)
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: wish.token.value,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      client_id: values.clientId ?? '',
      ...(values.handler === undefined ? {} : { token_handler: values.handler }),
      ...secret,
    }
    const answer = parseAnswer(
      await postForm({ url: `${base}/services/oauth2/token`, form, signal: wish.signal }, parts),
    )
    const value = textIn(answer, 'access_token')
    assertInstance(answer.instance_url, base)
    await assertSelf({ value, base, wish }, parts)
    // Salesforce gives no end: the session's own settings have it.
    return { value, expiresAt: endOf(answer.expires_in, parts.clock()) }
  }
}

async function secretOf(name: string, { secret }: TokenParts): Promise<{ readonly client_secret: string }> {
  const value = await secret(name).catch(() => {
    throw unavailable('token_service_secret', 5)
  })
  return { client_secret: value }
}

/** A token of another org is for calls elsewhere, where we do not go. */
function assertInstance(instance: unknown, base: string): void {
  if (instance === undefined) return
  const same =
    typeof instance === 'string' && URL.canParse(instance) && new URL(instance).origin === new URL(base).origin
  if (!same) throw seenSomebodyElse('token_of_another_org')
}

interface Own {
  readonly value: string
  readonly base: string
  readonly wish: ForeignWish
}

async function assertSelf({ value, base, wish }: Own, parts: TokenParts): Promise<void> {
  const url = `${base}/services/oauth2/userinfo`
  const headers = { authorization: `Bearer ${value}` }
  const user = parseAnswer(await requestToken({ url, method: 'GET', headers, signal: wish.signal }, parts))
  const name = user[parts.settingsFor(wish.backend).values.userClaim ?? 'preferred_username']
  if (typeof name !== 'string' || !isName(name, wish.principal)) throw seenSomebodyElse('salesforce_user')
}

/** A user of the org is the person where that claim is the person's sign-in name or object id. */
function isName(name: string, { username, oid }: Principal): boolean {
  return [username?.toLowerCase(), oid].includes(name.toLowerCase())
}
