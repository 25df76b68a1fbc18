import type { Backend } from '../backend/define.ts'
import { deriveToken, type ForeignToken } from '../identity/foreign-token.ts'
import type { ExchangedToken, Principal } from '../identity/principal.ts'
import type { Executor, UpstreamCall } from '../pipeline/ports.ts'
import { failWith } from './failure.ts'
import { assertOwnToken } from './rest-identity.ts'

/** One wish for a foreign system's token. */
export interface ForeignWish {
  /** Of the person, from Entra, for the registration that the foreign system trusts. */
  readonly token: ExchangedToken
  readonly principal: Principal
  readonly backend: Backend
  /** Ends the exchange; several calls may wait for one, so that it is none of theirs. */
  readonly signal: AbortSignal
}

/**
 * Makes of an exchanged token one that the foreign system takes for the same person. Throws Problem: `access_denied`
 * where the service refuses the person, `identity_configuration` where it refuses us, `exchange_unavailable` where
 * nobody can say, `identity_mismatch` where its answer is somebody else's. It never falls back to another account.
 */
export type TokenService = (wish: ForeignWish) => Promise<ForeignToken>

/** Milliseconds for one exchange, 10,000 unless given; clock in epoch milliseconds. */
export interface TokenServiceOptions {
  readonly clock: () => number
  readonly deadlineMs?: number
}

interface Kept {
  readonly result: Promise<ExchangedToken>
  /** Epoch ms; endless while it is under way. */
  until: number
}

const renewBeforeMs = 60_000
const defaultDeadlineMs = 10_000

/** Gives the foreign system's token for a call. */
export type TokenKeeper = (call: UpstreamCall) => Promise<ExchangedToken>

/**
 * Keeps what a service gave. It belongs to the very token object that it was exchanged for: it is gone with that one when
 * the person's tokens are purged, it cannot be found by anybody else's, and there is never more of it than the exchange
 * itself keeps.
 */
export function keepTokens(service: TokenService, options: TokenServiceOptions): TokenKeeper {
  const kept: World['kept'] = new WeakMap()
  return async (call) => {
    assertOwnToken(call)
    const token = await orAborted(take(call, { kept, service, options }), call.signal)
    assertOwnToken({ ...call, token })
    return token
  }
}

/** An executor that is called with the foreign system's token in the place of the exchanged one. */
export function withTokenService(executor: Executor, keeper: TokenKeeper): Executor {
  return { call: async (call) => executor.call({ ...call, token: await keeper(call) }), close: executor.close }
}

interface World {
  readonly kept: WeakMap<ExchangedToken, Map<string, Kept>>
  readonly service: TokenService
  readonly options: TokenServiceOptions
}

function take(call: UpstreamCall, world: World): Promise<ExchangedToken> {
  const { token, invocation } = call
  const mine = world.kept.get(token) ?? new Map<string, Kept>()
  world.kept.set(token, mine)
  const known = mine.get(invocation.backend.name)
  if (known !== undefined && known.until > world.options.clock()) return known.result
  const entry: Kept = { result: load(call, world), until: Number.POSITIVE_INFINITY }
  mine.set(invocation.backend.name, entry)
  entry.result.then(
    ({ expiresAt }) => {
      entry.until = expiresAt - renewBeforeMs
    },
    () => mine.delete(invocation.backend.name),
  )
  return entry.result
}

async function load({ token, principal, invocation }: UpstreamCall, { service, options }: World) {
  const signal = AbortSignal.timeout(options.deadlineMs ?? defaultDeadlineMs)
  const foreign = await service({ token, principal, backend: invocation.backend, signal })
  const derived = deriveToken(token, foreign)
  if (foreign.value === '' || !(derived.expiresAt > options.clock()))
    throw failWith({ code: 'exchange_unavailable', fate: 'not_called', why: 'empty_foreign_token' })
  return derived
}

/** The caller may leave; the exchange that others share goes on. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(failWith({ code: 'backend_timeout', fate: 'not_called', why: 'deadline' }))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
