/**
 * Faults that a test plants in a stand-in: for the next so many fitting requests, or until cleared. No real service
 * has such an endpoint.
 */
import { accountOf, personaNamed, tenants } from '../personas.ts'
import { parseChallenge } from './challenge.ts'
import type { Json } from './jws.ts'
import type { Reply } from './wire.ts'

const faultKinds = ['claims', 'consent', 'throttle', 'error', 'html', 'hang', 'drop', 'empty'] as const
type FaultKind = (typeof faultKinds)[number]

const faultTargets = ['token', 'keys', 'msi', 'vault'] as const
type FaultTarget = (typeof faultTargets)[number]

/** `oid` and `scope` (a part of the requested scope, resource or path) narrow it; both absent: any request. */
export interface Fault {
  readonly kind: FaultKind
  readonly target: FaultTarget
  /** Fitting requests left; Infinity until cleared. */
  remaining: number
  readonly status?: number
  /** Seconds, for the Retry-After header. */
  readonly retryAfter?: number
  readonly oid?: string
  readonly scope?: string
  /** AADSTS number. */
  readonly code?: number
  readonly suberror?: string
  /** Challenge of kind `claims`. */
  readonly claims?: Json
}

export interface Faults {
  add(fault: Fault): void
  clear(): void
  count(): number
  /** The first fault that fits, used up by one; `spare` says which fitting faults this request has already met. */
  take(
    target: FaultTarget,
    about: { oid?: unknown; scope: string; spare?: (fault: Fault) => boolean },
  ): Fault | undefined
}

export function makeFaults(): Faults {
  const planted: Fault[] = []
  const fits = (fault: Fault, about: { oid?: unknown; scope: string }) =>
    (fault.oid === undefined || fault.oid === about.oid) &&
    (fault.scope === undefined || about.scope.includes(fault.scope))
  return {
    add: (fault) => void planted.push(fault),
    clear: () => void planted.splice(0),
    count: () => planted.length,
    take(target, about) {
      const fault = planted.find((one) => one.target === target && fits(one, about) && !about.spare?.(one))
      if (!fault) return undefined
      fault.remaining -= 1
      if (fault.remaining <= 0) planted.splice(planted.indexOf(fault), 1)
      return fault
    },
  }
}

const memberOf = <T extends string>(list: readonly T[], value: unknown): T | undefined =>
  list.find((one) => one === value)

const optional = <K extends string, V>(key: K, value: V | undefined) =>
  (value === undefined ? {} : { [key]: value }) as { [P in K]?: V }

const numberIn = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined)
const textIn = (value: unknown) => (typeof value === 'string' ? value : undefined)

function subjectOf(input: Json): string | undefined {
  const persona = personaNamed(String(input.persona ?? ''))
  const account = persona ?? accountOf(tenants.home, input.oid)
  return account?.oid ?? textIn(input.oid)
}

function challengeOf(input: Json): Json | undefined {
  if (input.kind !== 'claims') return undefined
  const given = parseChallenge(input.claims)
  if (given) return given
  const context = textIn(input.acrs) ?? (input.sticky === true ? 'c1' : undefined)
  if (context) return { access_token: { acrs: { essential: true, value: context } } }
  return { access_token: { capolids: { essential: true, values: ['ca000000-0000-4000-8000-000000000001'] } } }
}

/**
 * A fault from a request body `{kind, target?, status?, retryAfter?, persona?|oid?, scope?, count?, sticky?, code?,
 * suberror?, claims?, acrs?}`; null where kind, target or persona is unknown or
 * `claims` is no JSON object.
 */
export function parseFault(input: Json, fallback: FaultTarget): Fault | null {
  const kind = memberOf(faultKinds, input.kind)
  const target = memberOf(faultTargets, input.target ?? fallback)
  const strangers = input.persona !== undefined && !personaNamed(String(input.persona))
  const garbled = input.claims !== undefined && !parseChallenge(input.claims)
  if (!kind || !target || strangers || garbled) return null
  return {
    kind,
    target,
    remaining: input.sticky === true ? Number.POSITIVE_INFINITY : (numberIn(input.count) ?? 1),
    ...optional('status', numberIn(input.status)),
    ...optional('retryAfter', numberIn(input.retryAfter)),
    ...optional('oid', subjectOf(input)),
    ...optional('scope', textIn(input.scope)),
    ...optional('code', numberIn(input.code)),
    ...optional('suberror', textIn(input.suberror)),
    ...optional('claims', challengeOf(input)),
  }
}

/** What a fault does below the protocol; `body` is what this service says when it is busy or broken. */
export function transportReply(fault: Fault, body: unknown): Reply {
  const retry = fault.retryAfter === undefined ? {} : { headers: { 'retry-after': String(fault.retryAfter) } }
  if (fault.kind === 'hang' || fault.kind === 'drop') return { status: 0, fate: fault.kind }
  if (fault.kind === 'html')
    return { status: fault.status ?? 502, body: '<html><body>Bad gateway</body></html>', ...retry }
  if (fault.kind === 'empty') return { status: fault.status ?? 200, body: {}, ...retry }
  return { status: fault.status ?? (fault.kind === 'throttle' ? 429 : 503), body, ...retry }
}
