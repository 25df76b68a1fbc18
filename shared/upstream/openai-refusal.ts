import type { Effect } from '../backend/effect.ts'
import type { Problem } from '../errors/problem.ts'
import type { Json } from '../pipeline/ports.ts'
import { type FailureFacts, failWith } from './failure.ts'
import { filteredIn, membersOf } from './openai-facts.ts'
import { problemOfStatus } from './rest-status.ts'

/** An answer that is no success. `body` is its JSON, as far as it could be read; `claims` that of a challenge. */
export interface RefusedAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Json
  readonly claims: string | undefined
  readonly effect: Effect
  /** Epoch milliseconds. */
  readonly now: number
  readonly facts: FailureFacts
}

/**
 * The Problem of a refusal. What a content filter stopped is named by its categories, never by words; 401 with
 * `PermissionDenied` is a missing role of the person and no token to be changed.
 */
export function problemOfRefusal({ status, headers, body, claims, effect, now, facts }: RefusedAnswer): Problem {
  const error = membersOf(membersOf(body).error)
  if (status === 400 && error.code === 'content_filter') return filtered(body, facts)
  const isRole = status === 401 && claims === undefined && error.code === 'PermissionDenied'
  const retryAfter = status === 429 || status === 503 ? waitOf(headers) : headers.get('retry-after')
  const known = { retryAfter, claims, effect, now, facts }
  return problemOfStatus({ ...known, status: isRole ? 403 : status })
}

function filtered(body: Json, facts: FailureFacts): Problem {
  const names = [...new Set(filteredIn(body))].sort()
  const named = names.length === 0 ? '' : ` (${names.join(', ')})`
  return failWith({
    code: 'backend_rejected',
    fate: 'called',
    why: 'content_filter',
    detail: `The content filter of the model service refused the prompt${named}.`,
    members: {
      status: 400,
      reasons: ['content_filter', ...names.map((name) => `content_filter.${name}`)],
      next: { action: 'change_input' },
    },
    facts: { ...facts, backendIds: { ...facts.backendIds, contentFilter: names.join(' ') } },
  })
}

const units: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 }

/** Seconds as `Retry-After` has them: its own, that in milliseconds, or the longest until a limit starts anew. */
function waitOf(headers: Headers): string | null {
  const own = headers.get('retry-after')
  if (own !== null) return own
  const milliseconds = Number(headers.get('retry-after-ms') ?? Number.NaN)
  if (milliseconds > 0) return String(Math.ceil(milliseconds / 1000))
  const resets = ['x-ratelimit-reset-requests', 'x-ratelimit-reset-tokens'].map((name) => secondsOf(headers.get(name)))
  const longest = Math.max(...resets)
  return longest > 0 ? String(Math.ceil(longest)) : null
}

/** `6m0s`, `20ms`, or plain seconds. */
function secondsOf(text: string | null): number {
  if (text === null || text.length > 32) return 0
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text)
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit ?? 's'] ?? 0), 0)
}
