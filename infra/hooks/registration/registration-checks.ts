import * as z from 'zod'
import { attempt } from '../azure/fault.ts'
import { type Finding, ok, type Place, warn, wrong } from '../finding.ts'
import type { Surroundings } from '../surroundings.ts'

const claim = z.object({ name: z.string(), additionalProperties: z.array(z.string()).default([]) })
const registration = z.object({
  id: z.string(),
  api: z.object({
    requestedAccessTokenVersion: z.int().nullish(),
    oauth2PermissionScopes: z.array(z.object({ value: z.string().nullish() })).default([]),
  }),
  optionalClaims: z
    .object({ accessToken: z.array(claim).default([]) })
    .nullish()
    .transform((claims) => claims ?? { accessToken: [] }),
  groupMembershipClaims: z.string().nullish(),
})
const credential = z.object({ subject: z.string(), audiences: z.array(z.string()).default([]) })

type Registration = z.output<typeof registration>

/** What verification relies on, and Entra issues only where the registration asks for it. */
const neededClaims = ['acct', 'idtyp', 'xms_cc'] as const
/** What the book and step-up are poorer without. */
const usefulClaims = ['auth_time', 'sid'] as const
const neededScopes = ['access_as_user', 'control'] as const

const place = (check: string): Place => ({ subject: 'registration', check })
const portal = 'Portal: Entra ID > App registrations > the gateway'

/** The gateway's registration as Graph shows it: version of its tokens, scopes, optional claims, federated credential. */
export function checkRegistration(surroundings: Surroundings, clientId: string): Promise<readonly Finding[]> {
  return attempt(
    place('application'),
    async () => {
      const { graph, environment } = surroundings
      const path = `/v1.0/applications?$filter=${encodeURIComponent(`appId eq '${clientId}'`)}`
      const [found] = await graph.list({ what: "the gateway's registration", path, schema: registration })
      if (found === undefined) {
        const next =
          'Correct COUNTERSIGN_CLIENT_ID: it is the application (client) id, of a registration in this tenant.'
        return [wrong(place('application'), { code: 'registration_unknown', detail: clientId, next })]
      }
      const principal = environment.COUNTERSIGN_GATEWAY_IDENTITY_ID ?? ''
      const federated = principal === '' ? [] : await checkCredential(surroundings, found, principal)
      return [...judgeRegistration(found), ...federated]
    },
    warn,
  )
}

function judgeRegistration(found: Registration): readonly Finding[] {
  return [judgeVersion(found), judgeScopes(found), ...judgeClaims(found), judgeGroups(found)]
}

function judgeVersion({ api }: Registration): Finding {
  if (api.requestedAccessTokenVersion === 2) return ok(place('token-version'), '2')
  const next = `${portal} > Manifest: set api.requestedAccessTokenVersion to 2.`
  const detail = `${api.requestedAccessTokenVersion ?? 'not set, which means 1'}; the gateway takes tokens of version 2 only`
  return wrong(place('token-version'), { code: 'registration_token_version', detail, next })
}

function judgeScopes({ api }: Registration): Finding {
  const offered = api.oauth2PermissionScopes.map(({ value }) => value)
  const missing = neededScopes.filter((name) => !offered.includes(name))
  if (missing.length === 0) return ok(place('scopes'), neededScopes.join(', '))
  const next = `${portal} > Expose an API > Add a scope.`
  return wrong(place('scopes'), { code: 'registration_scope_missing', detail: missing.join(', '), next })
}

function judgeClaims({ optionalClaims }: Registration): readonly Finding[] {
  const given = new Map(
    optionalClaims.accessToken.map(({ name, additionalProperties }) => [name, additionalProperties]),
  )
  const next = `${portal} > Token configuration > Add optional claim > Access (idtyp: with include_user_token).`
  const missing: string[] = neededClaims.filter((name) => !given.has(name))
  // Without it the claim is in tokens of applications only, so that its absence proves nothing.
  if (given.get('idtyp')?.includes('include_user_token') === false) missing.push('idtyp (include_user_token)')
  const poorer = usefulClaims.filter((name) => !given.has(name))
  const at = place('optional-claims')
  return [
    missing.length === 0
      ? ok(at, neededClaims.join(', '))
      : wrong(at, { code: 'registration_claims_missing', detail: missing.join(', '), next }),
    ...(poorer.length === 0 ? [] : [warn(at, { code: 'registration_claims_poorer', detail: poorer.join(', '), next })]),
  ]
}

function judgeGroups({ groupMembershipClaims: source }: Registration): Finding {
  if (source !== null && source !== undefined && source !== 'None' && source !== '') return ok(place('groups'), source)
  const next = `${portal} > Token configuration > Add groups claim > Security groups.`
  return wrong(place('groups'), { code: 'registration_groups_missing', detail: 'tokens name no group', next })
}

async function checkCredential(
  { graph }: Surroundings,
  { id }: Registration,
  principal: string,
): Promise<readonly Finding[]> {
  const path = `/v1.0/applications/${encodeURIComponent(id)}/federatedIdentityCredentials`
  const all = await graph.list({ what: "the registration's federated credentials", path, schema: credential })
  const at = place('federated-credential')
  if (all.some(({ subject }) => subject === principal)) return [ok(at, "the gateway's identity")]
  const next = `${portal} > Certificates & secrets > Federated credentials: add the managed identity ${principal}.`
  return [wrong(at, { code: 'federated_credential_missing', detail: 'none for the identity of the gateway', next })]
}
