/** The store of approvals in memory: ETags and insert-only rows as the table has them, and faults by operation. */
import type { Approval, ApprovalStore } from '../../shared/approval/approval.ts'
import { spentKey } from '../../shared/approval/entity.ts'

/** Called before each operation with its name; what it throws is what the store answers. */
export type StoreFault = (operation: keyof ApprovalStore, count: number) => void

export interface MemoryApprovals extends ApprovalStore {
  readonly kept: ReadonlyMap<string, Approval>
  readonly spent: ReadonlyMap<string, string>
}

export function createMemoryApprovals(fault: StoreFault = () => undefined): MemoryApprovals {
  const kept = new Map<string, Approval>()
  const spent = new Map<string, string>()
  const counts = new Map<string, number>()
  let version = 0
  const enter = (operation: keyof ApprovalStore) => {
    counts.set(operation, (counts.get(operation) ?? 0) + 1)
    fault(operation, counts.get(operation) ?? 0)
  }
  const of = (tid: string) => [...kept.values()].filter(({ request }) => request.subject.tid === tid)
  return {
    kept,
    spent,
    find: async (tid, id) => {
      enter('find')
      return of(tid).find(({ request }) => request.id === id) ?? null
    },
    latest: async (tid, digest) => {
      enter('latest')
      const found = of(tid).filter(({ request }) => request.digest === digest)
      return found.sort((a, b) => b.request.attempt - a.request.attempt)[0] ?? null
    },
    insert: async (request, progress) => {
      enter('insert')
      if (kept.has(request.id)) return false
      kept.set(request.id, { request, progress, etag: String(++version) })
      return true
    },
    replace: async ({ request, etag }, progress) => {
      enter('replace')
      if (kept.get(request.id)?.etag !== etag) return null
      kept.set(request.id, { request, progress, etag: String(++version) })
      return String(version)
    },
    spend: async (use) => {
      enter('spend')
      if (spent.has(spentKey(use))) return false
      spent.set(spentKey(use), use.decisionId)
      return true
    },
    list: async (tid, since) => {
      enter('list')
      return of(tid).filter(({ request }) => request.requestedAt >= since)
    },
  }
}
