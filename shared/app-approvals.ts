import type { TokenCredential } from '@azure/identity'
import { createDelegations } from './approval/delegations.ts'
import type { ApprovalDesk } from './approval/desk.ts'
import { createOpenRequests } from './approval/open-requests.ts'
import type { SealKeys } from './approval/seal.ts'
import type { Settings } from './config/settings.ts'
import { createTableState } from './state/table-state.ts'
import type { Log } from './telemetry/log.ts'

/** What the desk is built on. */
export interface DeskParts {
  readonly settings: Settings
  readonly credential: TokenCredential
  readonly log: Log
  /** Milliseconds for one request to a table. */
  readonly timeout: number
}

/** What approvals need besides their own table: two tables of state, times, and the vault's keys. */
export function createApprovalDesk({ settings, credential, log, timeout }: DeskParts, keys: SealKeys): ApprovalDesk {
  const account = { url: settings.COUNTERSIGN_AUDIT_TABLES_URL, credential }
  const table = (name: string) => createTableState({ account, table: name, timeout })
  return {
    times: {
      decideMs: settings.COUNTERSIGN_APPROVAL_DECIDE_MINUTES * 60_000,
      useMs: settings.COUNTERSIGN_APPROVAL_USE_MINUTES * 60_000,
    },
    openRequests: createOpenRequests(table('openapprovals'), settings.COUNTERSIGN_APPROVAL_OPEN_LIMIT),
    delegations: createDelegations(table('delegations'), keys, () => log('delegation_forged', {})),
    keys,
  }
}
