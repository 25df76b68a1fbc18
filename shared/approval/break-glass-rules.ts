import type { ChallengeSettings } from '../identity/challenge.ts'
import type { Principal } from '../identity/principal.ts'
import { demandClaims } from '../identity/step-up.ts'

/** The authentication context of breaking the glass: bind it to a phishing-resistant strength in Conditional Access. */
const glassContext = 'c2'
/** Seconds: the token is younger. Entra back-dates `iat` by five minutes. */
const freshSeconds = 15 * 60

/**
 * A phishing-resistant sign-in just now: the context, in a token of at most 15 minutes. Throws Problem
 * `claims_challenge` that asks for it. `now` is epoch milliseconds.
 */
export function requireFreshGlass(principal: Principal, settings: ChallengeSettings, now: number): void {
  const notBefore = Math.floor(now / 1000) - freshSeconds
  const met = principal.authContexts.includes(glassContext)
  if (met && principal.issuedAt > notBefore) return
  const asked = {
    acrs: { essential: true, value: glassContext },
    ...(met ? { nbf: { essential: true, value: String(notBefore + 1) } } : {}),
  }
  const claims = JSON.stringify({ access_token: asked })
  throw demandClaims({ principal, claims, reason: 'glass_needs_fresh_step_up' }, { settings })
}
