import type { KeyObject } from 'node:crypto'
import { Problem } from '../errors/problem.ts'
import type { Approval, ApprovalRequest, ApprovalStore } from './approval.ts'
import type { ApprovalRow, ApprovalRows } from './rows.ts'
import { isSealed, type SealedFields, type SealKeys, sealRow } from './seal.ts'
import { isoTime, type Progress } from './states.ts'

/** A row that nobody who holds the key has written. */
export interface Forgery {
  readonly tid: string
  readonly id: string
  readonly etag: string
}

export interface SealedApprovalsOptions {
  readonly rows: ApprovalRows
  readonly keys: SealKeys
  /** Hears of each forged row that was met; must not throw. */
  readonly onForgery: (forgery: Forgery) => void
}

/**
 * Approvals in rows that only a holder of the vault's key can write: whoever can write to the table alone can neither
 * make one nor change whom, what, who approved, until when or how often. A row without its seal is never used: named or
 * looked for it is Problem `approval_mismatch`, in a list it is left out. Rejects with `audit_unavailable` without key.
 */
export function createSealedApprovals({ rows, keys, onForgery }: SealedApprovalsOptions): ApprovalStore {
  const seal = async (fields: SealedFields) => ({ ...fields, seal: sealRow(await keys.current(), fields) })
  const keyOf = rememberKeys(keys)
  const check = async (row: ApprovalRow): Promise<Approval | null> => {
    const key = await keyOf(row.seal.kid)
    const approval = key !== null && isSealed(key, row.seal, row) ? readRow(row) : null
    if (approval === null) onForgery({ tid: row.tid, id: row.id, etag: row.etag })
    return approval !== null && isCurrent(approval) ? approval : null
  }
  const must = async (row: ApprovalRow): Promise<Approval> => (await check(row)) ?? refuseForgery(row)
  return {
    find: async (tid, id) => {
      const row = await rows.find(tid, id)
      return row === null ? null : must(row)
    },
    latest: async (tid, digest) => {
      const found = await Promise.all((await rows.ofDigest(tid, digest)).map(must))
      const same = found.filter(({ request }) => request.digest === digest)
      return same.sort((a, b) => b.request.attempt - a.request.attempt)[0] ?? null
    },
    insert: async (request, progress) => {
      const requestedAt = isoTime(request.requestedAt)
      return rows.insert({ ...(await seal(fieldsOf(request, progress))), requestedAt })
    },
    replace: async ({ request, etag }, progress) => {
      const { tid, id, progress: text, seal: made } = await seal(fieldsOf(request, progress))
      return rows.replace({ tid, id, progress: text, seal: made, etag })
    },
    spend: rows.spend,
    list: async (tid, since) => {
      const found = await Promise.all((await rows.list(tid, since)).map(check))
      const whole = found.filter((approval) => approval !== null)
      return whole.sort((a, b) => b.request.requestedAt - a.request.requestedAt)
    },
  }
}

function fieldsOf(request: ApprovalRequest, progress: Progress): SealedFields {
  const { id, subject } = request
  return {
    tid: subject.tid,
    id,
    request: Buffer.from(JSON.stringify(request), 'utf8'),
    progress: JSON.stringify(progress),
  }
}

/** One that an earlier version of this service has sealed is for no call any more: the digests of calls are others. */
function isCurrent({ progress }: Approval): boolean {
  return Array.isArray(progress.votes)
}

/** Only after its seal: what is parsed here, this service has written. */
function readRow({ request, progress, etag }: ApprovalRow): Approval {
  const text = Buffer.from(request).toString('utf8')
  return { request: JSON.parse(text) as ApprovalRequest, progress: JSON.parse(progress) as Progress, etag }
}

function refuseForgery({ id }: ApprovalRow): never {
  throw new Problem('approval_mismatch', 'The record of this approval is not the one that was made here.', {
    reason: `approval_forged: ${/^apr_[0-9a-f]{32}(-\d{1,6})?$/.test(id) ? id : 'id'}`,
    next: { action: 'stop' },
  })
}

/** Keys by id; a row from the month before needs an older one. What the vault does not know is asked for again. */
function rememberKeys(keys: SealKeys): (kid: string) => Promise<KeyObject | null> {
  const known = new Map<string, KeyObject>()
  return async (kid) => {
    const { kid: current, key } = await keys.current()
    known.set(current, key)
    const held = known.get(kid)
    if (held !== undefined) return held
    const found = await keys.find(kid)
    if (found !== null) known.set(kid, found.key)
    return found?.key ?? null
  }
}
