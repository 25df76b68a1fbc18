import type { AuthenticationResult, INetworkModule, NetworkRequestOptions, NetworkResponse } from '@azure/msal-node'
import { Problem } from '../errors/problem.ts'
import { readBounded } from './bounded-body.ts'
import type { ChallengeSettings } from './challenge.ts'
import { type ChallengeMemory, createChallengeMemory } from './challenge-memory.ts'
import { cloudFacts } from './cloud.ts'
import { createExchangeLimits } from './exchange-limits.ts'
import { exchangeProblem } from './exchange-problem.ts'
import { type ExchangeRefusal, readExchangeRefusal } from './exchange-refusal.ts'
import { type JsonObject, parseJsonObject } from './json-object.ts'
import { oboForm } from './obo-form.ts'
import type { ExchangedToken } from './principal.ts'
import { samlParameters, samlResult } from './saml-exchange.ts'
import { noAnswer, readRetryAfter, readStsAnswer, type StsAnswer } from './sts-answer.ts'
import { createTokenCache, type TokenCache, type TokenWish } from './token-cache.ts'

/** Times in milliseconds. `entraUrl` stands in for the login host in development. */
export interface ExchangeOptions {
  readonly settings: ChallengeSettings & { readonly entraUrl?: string; readonly consentRedirectUrl?: string }
  /** Gives the federated client assertion; memoised by its maker. */
  readonly clientAssertion: () => Promise<string>
  /** At least 32 random bytes of this process. */
  readonly pepper: Uint8Array
  readonly fetch?: typeof fetch
  readonly now?: () => number
  readonly deadline?: number
  readonly maxTokens?: number
}

/** One exchange. `correlationId` is a GUID or a 32-digit trace id; Entra logs it as the client request id. */
export interface ExchangeWish extends TokenWish {
  readonly correlationId: string
  readonly signal?: AbortSignal
}

export interface Exchange {
  /** The backend's token for this person; cached. Throws Problem as the token service's answer means. */
  readonly exchange: (wish: ExchangeWish) => Promise<ExchangedToken>
  readonly purge: (tid: string, oid: string) => void
}

interface Parts {
  readonly options: Required<Omit<ExchangeOptions, 'maxTokens'>>
  readonly cache: TokenCache
  readonly limits: ReturnType<typeof createExchangeLimits>
  /** By scope: a token for one backend says nothing of another's challenge. */
  readonly memoryOf: (scope: string) => ChallengeMemory
}

/** What one exchange saw on the wire: MSAL's errors keep neither the status nor Retry-After. */
interface Wire {
  answer: StsAnswer
}

interface Attempt {
  readonly wire: Wire
  readonly signal: AbortSignal
}

type Refused = ExchangeRefusal & { readonly retryAfter?: number | null }

const maxAnswerBytes = 256 * 1024

function correlationGuid(id: string): string {
  return id.replace(/^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/i, '$1-$2-$3-$4-$5')
}

/** MSAL's own client has no deadline; this one has, follows no redirect and reads no more than it must. */
function createNetworkClient({ wire, signal }: Attempt, { settings, fetch, now }: Parts['options']): INetworkModule {
  const authority = cloudFacts(settings.cloud).authority

  async function send<T>(method: string, url: string, options?: NetworkRequestOptions): Promise<NetworkResponse<T>> {
    if (!url.startsWith(`${authority}/`)) throw new Error('not the login host')
    const target = (settings.entraUrl ?? authority) + url.slice(authority.length)
    const { headers = {}, body } = options ?? {}
    const init = { method, headers, redirect: 'error', signal, ...(body === undefined ? {} : { body }) } as const
    const response = await fetch(target, init)
    const text = (await readBounded(response, maxAnswerBytes)) ?? ''
    const retryAfter = readRetryAfter(response.headers.get('retry-after'), now())
    wire.answer = readStsAnswer(response.status, text, retryAfter)
    const content = (parseJsonObject(text) ?? {}) as T
    return { headers: Object.fromEntries(response.headers), body: content, status: response.status }
  }

  return {
    sendGetRequestAsync: (url, options) => send('GET', url, options),
    sendPostRequestAsync: (url, options) => send('POST', url, options),
  }
}

/** A client for each exchange: a shared one mixes people's throttling and slows down with every token it holds. */
async function callMsal(wish: ExchangeWish, attempt: Attempt, parts: Parts): Promise<AuthenticationResult | null> {
  const { settings, clientAssertion } = parts.options
  const { ConfidentialClientApplication } = await import('./azure-msal.ts')
  const assertion = await clientAssertion()
  const client = new ConfidentialClientApplication({
    auth: {
      clientId: settings.clientId,
      authority: `${cloudFacts(settings.cloud).authority}/${wish.principal.tid}`,
      clientAssertion: assertion,
      clientCapabilities: ['cp1'],
    },
    system: { networkClient: createNetworkClient(attempt, parts.options) },
  })
  return client.acquireTokenOnBehalfOf({
    oboAssertion: wish.assertion.value,
    scopes: [wish.scope],
    skipCache: true,
    correlationId: correlationGuid(wish.correlationId),
    ...(wish.claims === undefined ? {} : { claims: wish.claims }),
  })
}

/** One exchange on its way. */
interface Asking {
  readonly wish: ExchangeWish
  readonly attempt: Attempt
  readonly parts: Parts
}

/** The body of the answer to a request that MSAL has no words for. */
async function askByForm({ wish, attempt, parts }: Asking, more: Readonly<Record<string, string>>) {
  const { settings, clientAssertion } = parts.options
  const request = {
    clientId: settings.clientId,
    clientAssertion: await clientAssertion(),
    assertion: wish.assertion.value,
    scope: wish.scope,
    claims: wish.claims,
    correlationId: correlationGuid(wish.correlationId),
  }
  const url = `${cloudFacts(settings.cloud).authority}/${wish.principal.tid}/oauth2/v2.0/token`
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const client = createNetworkClient(attempt, parts.options)
  const body = oboForm(request, more).toString()
  return (await client.sendPostRequestAsync<JsonObject>(url, { headers, body })).body
}

/**
 * A certificate for a key that is made now and known to nobody else. It says in as whom it lets, and no object id: the
 * executor holds that against the person before it sends anything.
 */
async function askForCertificate(asking: Asking): Promise<() => ExchangedToken> {
  const [{ makeSshKey }, { sshParameters, sshResult }] = await Promise.all([
    import('./ssh-key.ts'),
    import('./ssh-exchange.ts'),
  ])
  const key = await makeSshKey()
  const answer = await askByForm(asking, sshParameters(key))
  const { wish, parts } = asking
  return () => {
    const found = sshResult(answer, key)
    if (found === null) throw refuse(wish, { code: 'exchange_unavailable', reason: 'no_certificate' }, parts)
    const { tid, oid } = wish.principal
    return { ...found, tid, oid, scope: wish.scope } as ExchangedToken
  }
}

/** As `readResult`, by what the assertion itself says. */
function readSaml(answer: JsonObject, wish: ExchangeWish, parts: Parts): ExchangedToken {
  const { tid, oid } = wish.principal
  const found = samlResult(answer)
  if (found === null) throw refuse(wish, { code: 'exchange_unavailable', reason: 'empty_token' }, parts)
  if (found.oid !== oid || found.tid !== tid) {
    throw new Problem('internal', 'Something went wrong here.', { reason: 'exchanged_for_somebody_else' })
  }
  return { value: found.value, tid, oid, scope: wish.scope, expiresAt: found.expiresAt } as ExchangedToken
}

function refuse(wish: ExchangeWish, refusal: Refused, parts: Parts): Problem {
  const { settings } = parts.options
  const { consentRedirectUrl } = settings
  const refused = { principal: wish.principal, scope: wish.scope, refusal, retryAfter: refusal.retryAfter ?? 2 }
  const shape = {
    settings,
    memory: parts.memoryOf(wish.scope),
    ...(consentRedirectUrl === undefined ? {} : { consentRedirectUrl }),
  }
  return exchangeProblem(refused, shape)
}

/** An empty token, another person's or one without an end is no token, whatever the status was. */
function readResult(result: AuthenticationResult | null, wish: ExchangeWish, parts: Parts): ExchangedToken {
  const { tid, oid } = wish.principal
  if (!result?.accessToken || !result.expiresOn) {
    throw refuse(wish, { code: 'exchange_unavailable', reason: 'empty_token' }, parts)
  }
  if (result.account?.localAccountId !== oid || result.account.tenantId !== tid) {
    throw new Problem('internal', 'Something went wrong here.', { reason: 'exchanged_for_somebody_else' })
  }
  const { accessToken, expiresOn } = result
  return { value: accessToken, tid, oid, scope: wish.scope, expiresAt: expiresOn.getTime() } as ExchangedToken
}

function settleFailure(wish: ExchangeWish, answer: StsAnswer, parts: Parts): Problem {
  const refusal = readExchangeRefusal(answer)
  const { tid, oid } = wish.principal
  if (refusal.purge || refusal.code === 'claims_challenge') parts.cache.purge(tid, oid)
  if (refusal.code === 'exchange_unavailable') parts.limits.failed(wish.principal, answer.retryAfter)
  return refuse(wish, { ...refusal, retryAfter: answer.retryAfter }, parts)
}

async function load(wish: ExchangeWish, parts: Parts): Promise<ExchangedToken> {
  const wait = parts.limits.waitFor(wish.principal)
  if (wait !== null)
    throw refuse(wish, { code: 'exchange_unavailable', reason: 'backing_off', retryAfter: wait }, parts)
  const wire: Wire = { answer: noAnswer }
  let read: () => ExchangedToken
  try {
    const signal = AbortSignal.timeout(parts.options.deadline)
    read = await orAborted(ask(wish, { wire, signal }, parts), signal)
  } catch {
    // MSAL's error may hold claims and texts of the service; what counts stands in the answer seen on the wire.
    throw settleFailure(wish, wire.answer, parts)
  }
  if (wire.answer.status !== 200) throw settleFailure(wish, wire.answer, parts)
  const token = read()
  parts.limits.succeeded(wish.principal)
  parts.memoryOf(wish.scope).settle(wish.principal)
  return token
}

/** Asks Entra, and gives what reads its answer. */
async function ask(wish: ExchangeWish, attempt: Attempt, parts: Parts): Promise<() => ExchangedToken> {
  const asking = { wish, attempt, parts }
  if (wish.form === 'ssh-cert') return askForCertificate(asking)
  if (wish.form === 'saml2') {
    const answer = await askByForm(asking, samlParameters)
    return () => readSaml(answer, wish, parts)
  }
  const result = await callMsal(wish, attempt, parts)
  return () => readResult(result, wish, parts)
}

/** The caller may leave; the exchange that others share goes on. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

function complete(options: ExchangeOptions): Parts['options'] {
  return {
    ...options,
    fetch: options.fetch ?? fetch,
    now: options.now ?? Date.now,
    deadline: options.deadline ?? 10_000,
  }
}

/** Scopes are those of declared backends, so there are few. */
function rememberByScope(now: () => number): (scope: string) => ChallengeMemory {
  const memories = new Map<string, ChallengeMemory>()
  return (scope) => {
    const memory = memories.get(scope) ?? createChallengeMemory(now)
    memories.set(scope, memory)
    return memory
  }
}

/**
 * On-behalf-of exchange with Entra (MSAL): one client for each exchange, our own cache, back-off for each person, a
 * breaker for each tenant. The maker of `ExchangedToken` (`deriveToken` makes others of it); an application alone is refused before anything is sent.
 */
export function createExchange(given: ExchangeOptions): Exchange {
  const options = complete(given)
  const { clientId } = options.settings
  const { maxTokens } = given
  const cacheOptions = { clientId, pepper: options.pepper, now: options.now }
  const parts: Parts = {
    options,
    cache: createTokenCache(maxTokens === undefined ? cacheOptions : { ...cacheOptions, maxTokens }),
    limits: createExchangeLimits(options.now),
    memoryOf: rememberByScope(options.now),
  }
  return {
    exchange: async (wish) => {
      if (wish.principal.kind === 'app') {
        throw refuse(wish, { code: 'app_only_not_allowed', reason: 'app_only_obo' }, parts)
      }
      // Each call has a key of its own: a certificate is nothing to keep.
      const isKept = wish.form !== 'ssh-cert'
      const work = isKept ? parts.cache.take(wish, () => load(wish, parts)) : load(wish, parts)
      return orAborted(work, wish.signal)
    },
    purge: parts.cache.purge,
  }
}
