import { createHash, timingSafeEqual } from 'node:crypto'
import type { RegisteredFunction } from './app.ts'
import type { HeaderValues } from './request-headers.ts'

/** Keys that open functions with an `authLevel`; without any, such functions refuse everyone. */
export interface HostKeys {
  readonly master?: string
  readonly host?: readonly string[]
  readonly functions?: Readonly<Record<string, readonly string[]>>
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function accepts(keys: readonly string[], given: string): boolean {
  return keys.filter((key) => key !== '' && timingSafeEqual(digest(key), digest(given))).length > 0
}

/** Whether a request brings the master key; never where there is none. */
export function isMaster(keys: HostKeys, headers: HeaderValues): boolean {
  return keys.master !== undefined && accepts([keys.master], headers['x-functions-key'] ?? '')
}

/** Whether a request may call a function: `x-functions-key` or `?code=` against the function's level. */
export function mayCall(
  fn: RegisteredFunction,
  keys: HostKeys,
  request: { headers: HeaderValues; path: string },
): boolean {
  const level = fn.trigger.authLevel ?? 'anonymous'
  if (level === 'anonymous') return true
  const query = new URLSearchParams(request.path.split('?').slice(1).join('?'))
  const given = request.headers['x-functions-key'] ?? query.get('code')
  if (given === null || given === undefined) return false
  const master = keys.master === undefined ? [] : [keys.master]
  if (level === 'admin') return accepts(master, given)
  return accepts([...master, ...(keys.host ?? []), ...(keys.functions?.[fn.name] ?? [])], given)
}
