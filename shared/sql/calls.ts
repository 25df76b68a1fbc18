import { type Effect, effects } from '../backend/effect.ts'

/** What a function or an operator call means for the statement that makes it. */
export interface CallVerdict {
  readonly effect: Effect
  readonly danger: string
}

/** Whatever we do not know may do anything. */
export const unknownFunction: CallVerdict = { effect: 'admin', danger: 'function_not_allowed' }

/** The words of a list that is written as text. */
export const words = (text: string): string[] => text.trim().split(/\s+/)

/**
 * A judge of functions by their names in lower case: those allowed are harmless, those listed by the worst that they do
 * bear their own names as dangers, all others are unknown.
 */
export function functionJudge(allowed: readonly string[], dangerous: Readonly<Record<Effect, readonly string[]>>) {
  const harmless = new Set(allowed)
  const known = new Map<string, CallVerdict>(
    effects.flatMap((effect) =>
      dangerous[effect].map((name) => [name, { effect, danger: name.replaceAll(/\W/g, '_') }] as const),
    ),
  )
  return (name: string): CallVerdict | undefined =>
    harmless.has(name) ? undefined : (known.get(name) ?? unknownFunction)
}
