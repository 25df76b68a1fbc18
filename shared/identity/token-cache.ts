import { createHash, createHmac } from 'node:crypto'
import { Problem } from '../errors/problem.ts'
import type { Assertion, ExchangedToken, Principal } from './principal.ts'

/** What the exchange can give besides access tokens. */
export type TokenForm = 'saml2' | 'ssh-cert'

/** One wish for a backend's token. `claims` (JSON text) goes past what is cached and replaces it. */
export interface TokenWish {
  readonly principal: Principal
  readonly assertion: Assertion
  readonly scope: string
  readonly claims?: string
  /** A SAML assertion or an SSH certificate instead of an access token, for systems that take nothing else. */
  readonly form?: TokenForm
}

/** Times in epoch milliseconds. `pepper` is random and lives as long as the process. */
export interface TokenCacheOptions {
  readonly clientId: string
  readonly pepper: Uint8Array
  readonly now: () => number
  readonly maxTokens?: number
}

export interface TokenCache {
  /** The cached token of that wish, or what `load` brings; equal wishes at the same time share one load. */
  readonly take: (wish: TokenWish, load: () => Promise<ExchangedToken>) => Promise<ExchangedToken>
  /** Forgets every token of that person, those under way included. */
  readonly purge: (tid: string, oid: string) => void
  readonly size: () => number
}

interface Entry {
  readonly token: ExchangedToken
  readonly until: number
}

interface Flight {
  readonly result: Promise<ExchangedToken>
  readonly owner: string
}

interface State {
  readonly options: TokenCacheOptions
  readonly entries: Map<string, Entry>
  readonly flights: Map<string, Flight>
  readonly byOwner: Map<string, Set<string>>
}

const keyVersion = 'token-cache/v1'
/** Renewed this long before its end; held no longer than an hour, for revocation is learnt at the exchange only. */
const renewBefore = 300_000
const longestHold = 3_600_000

function lengthPrefixed(parts: readonly string[]): string {
  return parts.map((part) => `${part.length}:${part}`).join('')
}

/** Keyed so that a heap dump or a log of keys says nothing about tokens; every part that makes a token somebody's is in it. */
function keyOf(wish: TokenWish, { clientId, pepper }: TokenCacheOptions): string {
  const { tid, oid, actor } = wish.principal
  const assertion = createHash('sha256').update(wish.assertion.value).digest('base64')
  const text = lengthPrefixed([keyVersion, clientId, tid, oid, actor, assertion, wish.scope, wish.form ?? ''])
  return createHmac('sha256', pepper).update(text).digest('base64')
}

function ownerOf({ tid, oid }: { readonly tid: string; readonly oid: string }): string {
  return `${tid}|${oid}`
}

function drop(state: State, key: string): void {
  const entry = state.entries.get(key)
  if (!entry) return
  state.entries.delete(key)
  const owner = ownerOf(entry.token)
  const keys = state.byOwner.get(owner)
  keys?.delete(key)
  if (keys?.size === 0) state.byOwner.delete(owner)
}

function put(state: State, key: string, entry: Entry): void {
  drop(state, key)
  if (entry.until <= state.options.now()) return
  state.entries.set(key, entry)
  const owner = ownerOf(entry.token)
  const keys = state.byOwner.get(owner) ?? new Set<string>()
  state.byOwner.set(owner, keys.add(key))
  const oldest = state.entries.keys().next().value
  if (state.entries.size > (state.options.maxTokens ?? 10_000) && oldest !== undefined) drop(state, oldest)
}

function checkOwner(token: ExchangedToken, wish: TokenWish): ExchangedToken {
  if (ownerOf(token) === ownerOf(wish.principal) && token.scope === wish.scope) return token
  throw new Problem('internal', 'Something went wrong here.', { reason: 'token_cache_owner_mismatch' })
}

function find(state: State, key: string): ExchangedToken | undefined {
  const entry = state.entries.get(key)
  if (!entry) return undefined
  if (entry.until <= state.options.now()) {
    drop(state, key)
    return undefined
  }
  state.entries.delete(key)
  state.entries.set(key, entry)
  return entry.token
}

function holdUntil(token: ExchangedToken, wish: TokenWish, now: number): number {
  return Math.min(token.expiresAt - renewBefore, now + longestHold, wish.principal.expiresAt * 1000)
}

function flightKeyOf(key: string, claims: string | undefined): string {
  return claims === undefined ? key : `${key}|${createHash('sha256').update(claims).digest('base64')}`
}

interface Take {
  readonly wish: TokenWish
  readonly key: string
  readonly load: () => Promise<ExchangedToken>
}

function startFlight(state: State, { wish, key, load }: Take): Promise<ExchangedToken> {
  const flightKey = flightKeyOf(key, wish.claims)
  const isCurrent = (): boolean => state.flights.get(flightKey)?.result === result
  const result = load()
    .then((token) => {
      checkOwner(token, wish)
      const until = holdUntil(token, wish, state.options.now())
      // After a purge this flight is no longer the current one, and its token stays out of the cache.
      if (isCurrent()) put(state, key, { token, until })
      return token
    })
    .finally(() => {
      if (isCurrent()) state.flights.delete(flightKey)
    })
  state.flights.set(flightKey, { result, owner: ownerOf(wish.principal) })
  return result
}

/** Bounded, least recently used first out, owner-checked on every hit. No token outlives its caller's. */
export function createTokenCache(options: TokenCacheOptions): TokenCache {
  const state: State = { options, entries: new Map(), flights: new Map(), byOwner: new Map() }
  return {
    take: async (wish, load) => {
      const key = keyOf(wish, options)
      const cached = wish.claims === undefined ? find(state, key) : undefined
      if (cached) return checkOwner(cached, wish)
      const flight = state.flights.get(flightKeyOf(key, wish.claims))
      return checkOwner(await (flight?.result ?? startFlight(state, { wish, key, load })), wish)
    },
    purge: (tid, oid) => {
      const owner = ownerOf({ tid, oid })
      for (const key of [...(state.byOwner.get(owner) ?? [])]) drop(state, key)
      for (const [key, flight] of state.flights) if (flight.owner === owner) state.flights.delete(key)
    },
    size: () => state.entries.size,
  }
}
