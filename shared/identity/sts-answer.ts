import { parseJsonObject } from './json-object.ts'

/** What the token service answered, as far as it counts. `status` 0 = no answer at all. */
export interface StsAnswer {
  readonly status: number
  /** Seconds, where it said so. */
  readonly retryAfter: number | null
  readonly error: string
  readonly suberror: string
  /** AADSTS numbers. */
  readonly numbers: readonly number[]
  /** JSON text of a claims request, or empty. */
  readonly claims: string
}

/** Nobody answered: refused, reset, timed out. */
export const noAnswer: StsAnswer = { status: 0, retryAfter: null, error: '', suberror: '', numbers: [], claims: '' }

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function numbersOf(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.map(Number).filter(Number.isSafeInteger) : []
}

/** Seconds of a Retry-After value (RFC 9110 section 10.2.3: seconds or a date); `now` is epoch milliseconds. */
export function readRetryAfter(value: string | null, now: number): number | null {
  if (value === null) return null
  const seconds = /^\d+$/.test(value.trim()) ? Number(value) : (Date.parse(value) - now) / 1000
  return Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds) : null
}

/** The answer's error members (RFC 6749 section 5.2 with Entra's own); a body that is no JSON object has none. */
export function readStsAnswer(status: number, body: string, retryAfter: number | null): StsAnswer {
  const members = parseJsonObject(body) ?? {}
  return {
    status,
    retryAfter,
    error: textOf(members.error),
    suberror: textOf(members.suberror),
    numbers: numbersOf(members.error_codes),
    claims: textOf(members.claims),
  }
}
