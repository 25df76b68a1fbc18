import type { ForeignToken } from '../identity/foreign-token.ts'
import { endOf, parseAnswer, postForm, textIn, unavailable } from './token-answer.ts'
import type { TokenService } from './token-service.ts'
import { needed, type TokenParts } from './token-settings.ts'

/**
 * SAP's OAuth server (`/sap/bc/sec/oauth2/token`, RFC 7522): the SAML assertion that Entra issued for the person and
 * this SAP system becomes an access token of the SAP user that it names. Our client there has a secret of its own, which
 * alone gives no access to anything.
 */
export function createSapTokens(parts: TokenParts): TokenService {
  return async ({ token, backend, signal }): Promise<ForeignToken> => {
    const { values, endpoint } = parts.settingsFor(backend)
    const secret = await parts.secret(values.clientSecretName ?? '').catch(() => {
      throw unavailable('token_service_secret', 5)
    })
    const client = values.clientId ?? ''
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:saml2-bearer',
      assertion: token.value,
      client_id: client,
      ...(values.serviceScope === undefined ? {} : { scope: values.serviceScope }),
    }
    const basic = Buffer.from(`${encodeURIComponent(client)}:${encodeURIComponent(secret)}`).toString('base64')
    const headers = { authorization: `Basic ${basic}` }
    const url = `${needed(endpoint('tokens'), 'tokens')}/sap/bc/sec/oauth2/token`
    const answer = parseAnswer(await postForm({ url, headers, form, signal }, parts))
    return { value: textIn(answer, 'access_token'), expiresAt: endOf(answer.expires_in, parts.clock()) }
  }
}
