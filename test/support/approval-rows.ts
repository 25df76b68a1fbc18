/** The table of approvals in memory, with somebody who can write to it past its service. */
import { approvalId } from '../../shared/approval/digest.ts'
import { spentKey } from '../../shared/approval/entity.ts'
import type { ApprovalRow, ApprovalRows } from '../../shared/approval/rows.ts'

export interface MemoryRows extends ApprovalRows {
  readonly kept: ReadonlyMap<string, ApprovalRow>
  /** Writes a row that is there anew, under a new ETag. */
  readonly change: (id: string, forge: (row: ApprovalRow) => ApprovalRow) => void
  /** Puts a copy elsewhere. */
  readonly copy: (id: string, place: { readonly tid?: string; readonly id?: string }) => void
}

export function createMemoryRows(): MemoryRows {
  const kept = new Map<string, ApprovalRow>()
  const spent = new Set<string>()
  let version = 0
  const put = (row: Omit<ApprovalRow, 'etag'>) => {
    version += 1
    kept.set(`${row.tid}|${row.id}`, { ...row, etag: String(version) })
    return String(version)
  }
  const of = (tid: string) => [...kept.values()].filter((row) => row.tid === tid)
  const pick = (id: string): [string, ApprovalRow] => {
    const found = [...kept].find(([, row]) => row.id === id)
    if (found === undefined) throw new Error(`there is no ${id}`)
    return found
  }
  return {
    kept,
    find: async (tid, id) => kept.get(`${tid}|${id}`) ?? null,
    ofDigest: async (tid, digest) => of(tid).filter(({ id }) => id.startsWith(approvalId(digest))),
    insert: async ({ requestedAt: _, ...row }) => {
      if (kept.has(`${row.tid}|${row.id}`)) return false
      put(row)
      return true
    },
    replace: async ({ etag, ...change }) => {
      const now = kept.get(`${change.tid}|${change.id}`)
      return now?.etag === etag ? put({ ...now, ...change }) : null
    },
    spend: async (use) => {
      const size = spent.size
      return spent.add(`${use.tid}|${spentKey(use)}`).size > size
    },
    list: async (tid) => of(tid),
    change: (id, forge) => {
      const [, row] = pick(id)
      put(forge(row))
    },
    copy: (id, place) => {
      const [, row] = pick(id)
      put({ ...row, ...place })
    },
  }
}
