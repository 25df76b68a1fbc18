/**
 * Stands in for the parts of AWS that the exchange uses: IAM Identity Center's token endpoint (`CreateTokenWithIAM`) and
 * STS (Query API), both behind signatures that are checked. It differs from AWS in knowing one account, two roles and no
 * policies.
 */
import { randomBytes } from 'node:crypto'
import { type Person, personOf } from './foreign-people.ts'
import { type AwsKey, type AwsRequest, checkSignature } from './foreign-sigv4.ts'

export const aws = {
  region: 'eu-central-1',
  gatewayRole: 'arn:aws:iam::123456789012:role/countersign-gateway',
  personRole: 'arn:aws:iam::123456789012:role/analysts',
  gatewayAudience: 'api://aws-gateway',
  application: 'arn:aws:sso::123456789012:application/ssoins-1234567890abcdef/apl-1234567890abcdef',
  audience: 'api://aws-people',
} as const

export interface AwsSession extends AwsKey {
  readonly id: string
  readonly role: string
  readonly name: string
  /** The person of the context, where there is one. */
  readonly person: Person | null
}

interface State {
  readonly sessions: Map<string, AwsSession>
  readonly contexts: Map<string, Person>
  readonly calls: string[]
  readonly now: () => number
  /** Faults: no context in the answer, and other names of sessions. */
  noContext: boolean
  arnOf: (() => string) | null
}

function open(state: State, { role, name, person }: Pick<AwsSession, 'role' | 'name' | 'person'>): AwsSession {
  const id = `ASIA${randomBytes(8).toString('hex').toUpperCase()}`
  const session = {
    id,
    secret: randomBytes(20).toString('hex'),
    token: randomBytes(40).toString('base64'),
    role,
    name,
    person,
  }
  state.sessions.set(id, session)
  return session
}

function arnOf(state: State, { role, name }: AwsSession): string {
  const [, account = '', path = ''] = /iam::(\d+):role\/(.+)$/.exec(role) ?? []
  return state.arnOf?.() ?? `arn:aws:sts::${account}:assumed-role/${path}/${name}`
}

function xml(action: string, inside: string): Response {
  const result = `<${action}Result>${inside}</${action}Result>`
  const text = `<${action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${result}</${action}Response>`
  return new Response(text, { headers: { 'content-type': 'text/xml' } })
}

const refuse = (code: string) =>
  new Response(`<ErrorResponse><Error><Code>${code}</Code></Error></ErrorResponse>`, { status: 403 })

function opened(state: State, session: AwsSession): string {
  const end = new Date(state.now() + 3_600_000).toISOString()
  return [
    `<Credentials><AccessKeyId>${session.id}</AccessKeyId><SecretAccessKey>${session.secret}</SecretAccessKey>`,
    `<SessionToken>${session.token}</SessionToken><Expiration>${end}</Expiration></Credentials>`,
    `<AssumedRoleUser><AssumedRoleId>AROA:${session.name}</AssumedRoleId><Arn>${arnOf(state, session)}</Arn></AssumedRoleUser>`,
  ].join('')
}

type Action = (state: State, form: URLSearchParams, session: AwsSession | null) => Response

const actions: Readonly<Record<string, Action>> = {
  AssumeRoleWithWebIdentity: (state, form) => {
    const known = form.get('WebIdentityToken') === 'managed-identity-token' && form.get('RoleArn') === aws.gatewayRole
    if (!known) return refuse('AccessDenied')
    const session = open(state, { role: aws.gatewayRole, name: form.get('RoleSessionName') ?? '', person: null })
    return xml('AssumeRoleWithWebIdentity', opened(state, session))
  },
  GetCallerIdentity: (state, _form, session) =>
    session === null
      ? refuse('SignatureDoesNotMatch')
      : xml('GetCallerIdentity', `<Arn>${arnOf(state, session)}</Arn><UserId>x</UserId><Account>1</Account>`),
  AssumeRole: (state, form, session) => {
    const person = state.contexts.get(form.get('ProvidedContexts.member.1.ContextAssertion') ?? '')
    const isProvider =
      form.get('ProvidedContexts.member.1.ProviderArn') === 'arn:aws:iam::aws:contextProvider/IdentityCenter'
    const isAllowed = session?.role === aws.gatewayRole && form.get('RoleArn') === aws.personRole
    if (person === undefined || !isProvider || !isAllowed) return refuse('AccessDenied')
    const made = open(state, { role: aws.personRole, name: form.get('RoleSessionName') ?? '', person })
    return xml('AssumeRole', opened(state, made))
  },
}

function createToken(state: State, { body }: AwsRequest, session: AwsSession | null): Response {
  if (session?.role !== aws.gatewayRole) return Response.json({ error: 'access_denied' }, { status: 403 })
  const asked = JSON.parse(body) as Record<string, string>
  const isJwtBearer = asked.grantType === 'urn:ietf:params:oauth:grant-type:jwt-bearer'
  if (!isJwtBearer || asked.clientId !== aws.application)
    return Response.json({ error: 'invalid_client' }, { status: 401 })
  const person = personOf(asked.assertion ?? '', aws.audience)
  if (person === undefined) return Response.json({ error: 'invalid_grant' }, { status: 400 })
  const identityContext = randomBytes(30).toString('base64')
  state.contexts.set(identityContext, person)
  const about = state.noContext ? {} : { awsAdditionalDetails: { identityContext } }
  return Response.json({ accessToken: 'x', tokenType: 'Bearer', expiresIn: 3600, ...about })
}

/** One account. */
export function createAws(now: () => number) {
  const sessions = new Map<string, AwsSession>()
  const state: State = { sessions, contexts: new Map(), calls: [], now, noContext: false, arnOf: null }
  const signedBy = (request: AwsRequest, service: string) =>
    checkSignature(request, sessions, { service, region: aws.region, now: now() })
  return {
    state,
    signedBy,
    identityCenter: (request: AwsRequest) => {
      state.calls.push('CreateTokenWithIAM')
      return createToken(state, request, signedBy(request, 'sso-oauth'))
    },
    sts: (request: AwsRequest) => {
      const form = new URLSearchParams(request.body)
      const action = form.get('Action') ?? ''
      state.calls.push(action)
      return actions[action]?.(state, form, signedBy(request, 'sts')) ?? refuse('InvalidAction')
    },
  }
}
