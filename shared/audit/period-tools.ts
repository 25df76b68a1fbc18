import type { ChangedTools } from './period-facts.ts'
import { type Drop, placeOf, sortBy } from './period-lists.ts'

const maxBackends = 1000

/** Adds up what was refused because a pinned tool was no longer as it was pinned: a backend each, with its first place. */
export function createChangedTools(drop: Drop) {
  const byBackend = new Map<string, ChangedTools>()
  return {
    add(refused: ChangedTools): void {
      const known = byBackend.get(refused.backend)
      const isFirst = known === undefined || placeOf(refused) < placeOf(known)
      const calls = refused.calls + (known?.calls ?? 0)
      if (known === undefined && byBackend.size >= maxBackends) drop('changedTools', refused.calls)
      else byBackend.set(refused.backend, { ...(isFirst ? refused : known), calls })
    },
    facts: () => sortBy([...byBackend.values()], ({ backend }) => backend),
  }
}
