/** What approvals need besides their table, in memory, with tables that a test may look into. */
import { createDelegations } from '../../shared/approval/delegations.ts'
import type { ApprovalDesk } from '../../shared/approval/desk.ts'
import { createOpenRequests } from '../../shared/approval/open-requests.ts'
import { vaultOf } from './approval-sealed.ts'
import { createStateMemory } from './state-memory.ts'

export interface DeskTables {
  readonly open?: ReturnType<typeof createStateMemory>
  readonly lent?: ReturnType<typeof createStateMemory>
  readonly limit?: number
}

export function createDesk({ open, lent, limit = 10 }: DeskTables = {}): ApprovalDesk {
  const keys = vaultOf('audit-hmac-2026-11/0a1b2c3d')
  return {
    times: { decideMs: 60 * 60_000, useMs: 15 * 60_000 },
    openRequests: createOpenRequests(open ?? createStateMemory(), limit),
    delegations: createDelegations(lent ?? createStateMemory(), keys, () => undefined),
    keys,
  }
}
