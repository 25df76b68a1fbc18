import * as oauth from 'oauth4webapi'

/** What the gateway says of itself to its console; none of it is secret. */
export interface ConsoleSettings {
  readonly issuer: string
  readonly authorizeUrl: string
  readonly tokenUrl: string
  readonly clientId: string
  readonly scope: string
}

/** What must survive the way to the sign-in page and back. */
interface Leaving {
  readonly verifier: string
  readonly state: string
  /** Where in the page the reader was. */
  readonly place: string
}

const leavingKey = 'countersign-leaving'
const redirectUri = () => `${location.origin}/console`

/** Says that we can answer a claims challenge (Continuous Access Evaluation). */
const capability = { xms_cc: { values: ['cp1'] } }

/**
 * Leaves for the sign-in page (OAuth 2.0 authorization code with PKCE, RFC 7636). `claims` is a challenge's JSON, in
 * base64 as the gateway answers it; a challenge asks for a fresh sign-in.
 */
export async function leaveToSignIn(settings: ConsoleSettings, claims?: string): Promise<never> {
  const leaving: Leaving = {
    verifier: oauth.generateRandomCodeVerifier(),
    state: oauth.generateRandomState(),
    place: location.hash,
  }
  sessionStorage.setItem(leavingKey, JSON.stringify(leaving))
  const url = new URL(settings.authorizeUrl)
  const query = {
    client_id: settings.clientId,
    response_type: 'code',
    redirect_uri: redirectUri(),
    scope: settings.scope,
    state: leaving.state,
    code_challenge: await oauth.calculatePKCECodeChallenge(leaving.verifier),
    code_challenge_method: 'S256',
    claims: JSON.stringify(claimsFor(claims)),
    ...(claims === undefined ? {} : { prompt: 'login' }),
  }
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  location.assign(url)
  return new Promise(() => {})
}

function claimsFor(challenge: string | undefined) {
  const asked = challenge === undefined ? {} : (JSON.parse(atob(challenge)) as { readonly access_token?: object })
  return { ...asked, access_token: { ...capability, ...asked.access_token } }
}

/**
 * The access token, where the reader has just come back from signing in; null where they have not. It stays in this
 * page's memory. Rejects where the answer is not to what this page asked.
 */
export async function returnFromSignIn(settings: ConsoleSettings): Promise<string | null> {
  const kept = sessionStorage.getItem(leavingKey)
  const query = new URLSearchParams(location.search)
  if (kept === null || !(query.has('code') || query.has('error'))) return null
  sessionStorage.removeItem(leavingKey)
  const { verifier, state, place } = JSON.parse(kept) as Leaving
  history.replaceState(null, '', `/console${place}`)
  const server = { issuer: settings.issuer, token_endpoint: settings.tokenUrl }
  const client = { client_id: settings.clientId }
  const parameters = oauth.validateAuthResponse(server, client, query, state)
  const local = new URL(settings.tokenUrl).hostname === '127.0.0.1'
  const options = { [oauth.allowInsecureRequests]: local }
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    parameters,
    redirectUri(),
    verifier,
    options,
  )
  const { access_token: token } = await oauth.processAuthorizationCodeResponse(server, client, response)
  return token
}
