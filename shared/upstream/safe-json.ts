import type { Json } from '../pipeline/ports.ts'

const deepest = 64

/**
 * Makes parsed JSON safe to copy and walk: takes members named `__proto__` out, in place. Undefined where it nests
 * deeper than 64.
 */
export function makeSafe(value: Json, depth = 0): Json | undefined {
  if (value === null || typeof value !== 'object') return value
  if (depth >= deepest) return undefined
  if (Object.hasOwn(value, '__proto__')) Reflect.deleteProperty(value, '__proto__')
  const parts: readonly Json[] = Array.isArray(value) ? value : Object.values(value)
  return parts.every((part) => makeSafe(part, depth + 1) !== undefined) ? value : undefined
}
