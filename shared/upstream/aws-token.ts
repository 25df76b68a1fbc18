import type { ForeignToken } from '../identity/foreign-token.ts'
import { type AwsCredentials, type AwsSession, packSession } from './aws-credentials.ts'
import { askSts, childOf, childText, credentialsIn, type StsParts } from './aws-sts.ts'
import { misconfigured, parseAnswer, requestToken, seenSomebodyElse, textIn, unavailable } from './token-answer.ts'
import type { ForeignWish, TokenService } from './token-service.ts'
import { needed, type TokenParts, type TokenSettings } from './token-settings.ts'

/** What AWS's exchange needs from outside. */
export interface AwsParts extends Omit<TokenParts, 'secret'>, StsParts {
  /** A token of the gateway's own managed identity for that audience; used for the exchange and nothing else. */
  readonly ownToken: (audience: string) => Promise<string>
}

const renewBeforeMs = 300_000
const roleArn = /^arn:([^:]+):iam::(\d{12}):role\/(.+)$/
const contextProvider = 'contextProvider/IdentityCenter'

/**
 * IAM Identity Center with Entra as its trusted token issuer. The person's token becomes an identity context
 * (`CreateTokenWithIAM`), and with that context a session of the configured role (`AssumeRole` with `ProvidedContexts`),
 * in which AWS sees the person: Lake Formation, Redshift and S3 Access Grants judge by it. The same role without a
 * context would be one account for everybody, so an answer without one is refused.
 */
export function createAwsTokens(parts: AwsParts): TokenService {
  const own = keepOwnCredentials(parts)
  return async (wish): Promise<ForeignToken> => {
    const settings = parts.settingsFor(wish.backend)
    const gateway = await own(settings, wish)
    const context = await askContext({ settings, gateway, wish }, parts)
    const person = await assumeRole({ settings, gateway, wish, context }, parts)
    await assertSession({ settings, person, wish }, parts)
    return { value: packSession({ ...person, ...placeOf(settings, wish) }), expiresAt: person.expiresAt }
  }
}

/** The service that a backend is of, as signatures name it. */
function placeOf({ values }: TokenSettings, { backend }: ForeignWish) {
  return { service: backend.name.replace(/^aws-/, ''), region: values.region ?? '' }
}

interface Step {
  readonly settings: TokenSettings
  readonly wish: ForeignWish
}

interface OwnStep extends Step {
  readonly gateway: AwsCredentials
}

function sessionFor(service: string, { settings }: Step, credentials: AwsCredentials): AwsSession {
  return { ...credentials, service, region: settings.values.region ?? '' }
}

/**
 * The gateway's own credentials, by its managed identity (`AssumeRoleWithWebIdentity`): the role may call the two
 * actions of the exchange and nothing else. They sign those, and no call of anybody's.
 */
function keepOwnCredentials(parts: AwsParts) {
  const kept = new Map<string, Promise<AwsCredentials>>()
  return async (settings: TokenSettings, wish: ForeignWish): Promise<AwsCredentials> => {
    const { gatewayRole = '' } = settings.values
    const known = await kept.get(gatewayRole)?.catch(() => undefined)
    if (known !== undefined && known.expiresAt - renewBeforeMs > parts.clock()) return known
    const fresh = assumeOwnRole({ settings, wish }, parts)
    kept.set(gatewayRole, fresh)
    return fresh
  }
}

async function assumeOwnRole({ settings, wish }: Step, parts: AwsParts): Promise<AwsCredentials> {
  const { gatewayRole = '', gatewayAudience = '' } = settings.values
  const token = await parts.ownToken(gatewayAudience).catch(() => {
    throw unavailable('managed_identity', 5)
  })
  const parameters = {
    Action: 'AssumeRoleWithWebIdentity',
    RoleArn: gatewayRole,
    RoleSessionName: 'countersign',
    DurationSeconds: '3600',
    WebIdentityToken: token,
  }
  const action = { url: needed(settings.endpoint('sts'), 'sts'), parameters, session: null, signal: wish.signal }
  // Whoever is refused here is the gateway, whatever the words are.
  return credentialsIn(await askSts(action, parts).catch(blameGateway))
}

function blameGateway(error: unknown): never {
  const refused = error instanceof Error && 'code' in error && error.code === 'access_denied'
  throw refused ? misconfigured('gateway_role') : error
}

/** The signed statement of who the person is, which only AWS can read. */
async function askContext(step: OwnStep, parts: AwsParts): Promise<string> {
  const { settings, gateway, wish } = step
  const url = `${needed(settings.endpoint('identityCenter'), 'identityCenter')}/token?aws_iam=t`
  const body = JSON.stringify({
    clientId: settings.values.identityCenterApplication,
    grantType: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: wish.token.value,
  })
  const request = { url, method: 'POST', headers: { 'content-type': 'application/json' }, body }
  const headers = Object.fromEntries(await parts.sign(request, sessionFor('sso-oauth', step, gateway)))
  const answer = parseAnswer(await requestToken({ url, headers, body, signal: wish.signal }, parts))
  const details = answer.awsAdditionalDetails
  const context = typeof details === 'object' && details !== null ? { ...details } : {}
  return textIn(context, 'identityContext')
}

async function assumeRole(step: OwnStep & { readonly context: string }, parts: AwsParts): Promise<AwsCredentials> {
  const { settings, gateway, wish, context } = step
  const partition = settings.values.personRole?.split(':')[1] ?? 'aws'
  const parameters = {
    Action: 'AssumeRole',
    RoleArn: settings.values.personRole ?? '',
    RoleSessionName: wish.principal.oid,
    DurationSeconds: '3600',
    'ProvidedContexts.member.1.ProviderArn': `arn:${partition}:iam::aws:${contextProvider}`,
    'ProvidedContexts.member.1.ContextAssertion': context,
  }
  const url = needed(settings.endpoint('sts'), 'sts')
  const session = sessionFor('sts', step, gateway)
  const result = await askSts({ url, parameters, session, signal: wish.signal }, parts)
  assertArn(childText(childOf(result, 'AssumedRoleUser'), 'Arn'), step)
  return credentialsIn(result)
}

/** With the new credentials, whose session they are: that of this person and this role. */
async function assertSession(step: Step & { readonly person: AwsCredentials }, parts: AwsParts): Promise<void> {
  const { settings, wish, person } = step
  const url = needed(settings.endpoint('sts'), 'sts')
  const parameters = { Action: 'GetCallerIdentity' }
  const result = await askSts({ url, parameters, session: sessionFor('sts', step, person), signal: wish.signal }, parts)
  assertArn(childText(result, 'Arn'), step)
}

/** The session's name is ours to give, and stands for the person; the role is the configured one, in its account. */
function assertArn(arn: string, { settings, wish }: Step): void {
  const [, partition, account, path = ''] = roleArn.exec(settings.values.personRole ?? '') ?? []
  const role = path.split('/').at(-1)
  const wanted = `arn:${partition}:sts::${account}:assumed-role/${role}/${wish.principal.oid}`
  if (arn !== wanted) throw seenSomebodyElse('aws_session')
}
