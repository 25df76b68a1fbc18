import { type Effect, worseEffect } from '../backend/effect.ts'
import type { CallVerdict } from './calls.ts'

/** What a walk over a parse tree found so far. */
export interface Findings {
  effect: Effect
  refused?: string
  joins: number
  ctes: number
  readonly reads: Set<string>
  readonly writes: Set<string>
  readonly dangers: Set<string>
}

export function emptyFindings(): Findings {
  return { effect: 'read', joins: 0, ctes: 0, reads: new Set(), writes: new Set(), dangers: new Set() }
}

/** Notes an effect; the worst stays. */
export function worsen(found: Findings, effect: Effect): void {
  found.effect = worseEffect(found.effect, effect)
}

/** Notes why the statement is refused; the first reason stays. */
export function refuse(found: Findings, reason: string): void {
  found.refused ??= reason
}

/** Notes what a call means; nothing where it is harmless. */
export function noteCall(verdict: CallVerdict | undefined, found: Findings): void {
  if (verdict === undefined) return
  worsen(found, verdict.effect)
  found.dangers.add(verdict.danger)
}
