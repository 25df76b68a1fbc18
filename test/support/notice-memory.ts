/** Notices and emergency access in memory: rows as the state table has them, under the real seal with a known secret. */
import { createBreakGlass } from '../../shared/approval/break-glass.ts'
import type { Notice, Notices } from '../../shared/notice/notice.ts'
import { createValueSeal } from '../../shared/state/sealed-value.ts'
import { createStateMemory } from './state-memory.ts'

/** Takes everything, and remembers it. */
export function createMemoryNotices(kept: Notice[]): Notices {
  return { enqueue: async (notice) => kept.push(notice) > 0 }
}

export function createMemoryGlass(now: () => number, homeTenant = '11111111-1111-4111-8111-111111111111') {
  const table = createStateMemory()
  const forged: string[] = []
  const seal = createValueSeal(async () => new Uint8Array(32).fill(7), 'breakglass')
  const store = createBreakGlass({ table, seal, homeTenant, now, onForgery: (key) => forged.push(key) })
  return { table, store, seal, forged }
}
