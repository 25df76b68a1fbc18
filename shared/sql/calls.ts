import type { Effect } from '../backend/effect.ts'

/** What a function or an operator call means for the statement that makes it. */
export interface CallVerdict {
  readonly effect: Effect
  readonly danger: string
}

/** Whatever we do not know may do anything. */
export const unknownFunction: CallVerdict = { effect: 'admin', danger: 'function_not_allowed' }

/** The words of a list that is written as text. */
export const words = (text: string): string[] => text.trim().split(/\s+/)
