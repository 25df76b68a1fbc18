/** A table of approvals under a key of the test's own, as the gateway has it. */
import { createSecretKey } from 'node:crypto'
import type { ApprovalStore } from '../../shared/approval/approval.ts'
import type { ApprovalRows } from '../../shared/approval/rows.ts'
import type { SealKeys } from '../../shared/approval/seal.ts'
import { createSealedApprovals, type Forgery } from '../../shared/approval/sealed-approvals.ts'

const keys = {
  'audit-hmac-2026-10/0a1b2c3d': createSecretKey(Buffer.alloc(32, 6)),
  'audit-hmac-2026-11/0a1b2c3d': createSecretKey(Buffer.alloc(32, 7)),
}
export type Kid = keyof typeof keys

/** The vault's two keys; `current` is the one that seals. */
export function vaultOf(current: Kid): SealKeys {
  return {
    current: async () => ({ kid: current, key: keys[current] }),
    find: async (kid) => (Object.hasOwn(keys, kid) ? { key: keys[kid as Kid] } : null),
  }
}

export function sealApprovals(
  rows: ApprovalRows,
  { kid = 'audit-hmac-2026-11/0a1b2c3d', found = [] }: { kid?: Kid; found?: Forgery[] } = {},
): ApprovalStore {
  return createSealedApprovals({ rows, keys: vaultOf(kid), onForgery: (forgery) => found.push(forgery) })
}
