import type { Json } from '../pipeline/ports.ts'

/** A whole number or fraction as a JSON number where none of its digits is lost, else as text. */
export function numberOf(text: string): Json {
  const number = Number(text)
  if (text.trim() === '' || !Number.isFinite(number)) return text
  const whole = /^-?\d+$/.test(text)
  return whole && !Number.isSafeInteger(number) ? text : number
}

/** `true` and `false` in any case, `1` and `0`; anything else stays text. */
export function booleanOf(text: string): Json {
  if (/^(?:true|1)$/i.test(text)) return true
  return /^(?:false|0)$/i.test(text) ? false : text
}

/** Seconds since 1970, with a fraction, as ISO 8601 UTC to the millisecond; text that is none stays as it is. */
export function instantOf(seconds: string): Json {
  const ms = Number(seconds) * 1000
  return seconds.trim() !== '' && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : seconds
}

/** Days since 1970 as an ISO 8601 date. */
export function dayOf(days: string): Json {
  const instant = instantOf(String(Number(days) * 86_400))
  return /^-?\d{1,7}$/.test(days) && typeof instant === 'string' ? (instant.split('T')[0] ?? days) : days
}
