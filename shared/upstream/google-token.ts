import type { ForeignToken } from '../identity/foreign-token.ts'
import { endOf, parseAnswer, requestToken, textIn } from './token-answer.ts'
import type { TokenService } from './token-service.ts'
import { needed, type TokenParts } from './token-settings.ts'

const tokenType = 'urn:ietf:params:oauth:token-type'

/**
 * Google's Security Token Service for workforce identity federation (sts.googleapis.com, `v1/token`, RFC 8693): the
 * person's token of the registration that the pool's provider trusts becomes a federated access token of that person.
 * The request bears no credential besides the token itself.
 */
export function createGoogleTokens(parts: TokenParts): TokenService {
  return async ({ token, backend, signal }): Promise<ForeignToken> => {
    const { values, endpoint } = parts.settingsFor(backend)
    const audience = `//iam.googleapis.com/locations/global/workforcePools/${values.pool}/providers/${values.provider}`
    const body = JSON.stringify({
      grantType: 'urn:ietf:params:oauth:grant-type:token-exchange',
      audience,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      requestedTokenType: `${tokenType}:access_token`,
      subjectToken: token.value,
      subjectTokenType: `${tokenType}:${values.subjectTokenType ?? 'jwt'}`,
      options: JSON.stringify({ userProject: values.userProject }),
    })
    const url = `${needed(endpoint('tokens'), 'tokens')}/v1/token`
    const headers = { 'content-type': 'application/json' }
    const answer = parseAnswer(await requestToken({ url, headers, body, signal }, parts))
    return { value: textIn(answer, 'access_token'), expiresAt: endOf(answer.expires_in, parts.clock()) }
  }
}
