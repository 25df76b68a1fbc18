import { describe, expect, it } from 'vitest'
import type { Approval, ApprovalRequest } from '../../../shared/approval/approval.ts'
import { approvalId } from '../../../shared/approval/digest.ts'
import { createForgeryReport } from '../../../shared/approval/forgery-report.ts'
import type { ApprovalRow } from '../../../shared/approval/rows.ts'
import { createSealedApprovals, type Forgery } from '../../../shared/approval/sealed-approvals.ts'
import { openRequest, type Progress } from '../../../shared/approval/states.ts'
import { createMemoryRows } from '../../support/approval-rows.ts'
import { sealApprovals, vaultOf } from '../../support/approval-sealed.ts'

const digest = 'ab'.repeat(32)
const id = approvalId(digest)
const request: ApprovalRequest = {
  ...{ id, digest, attempt: 1, effect: 'delete', needs: [{ rule: 'r', group: 'g', count: 1 }], requestedAt: 0 },
  secrecy: { inputs: [], statement: null, labels: [] },
  ...{ useMs: 900_000, grant: null, example: null, purpose: null },
  subject: {
    ...{ tid: 't', oid: 'alice', actor: 'agent', backend: 'b', operation: 'o', inputs: '{}', statement: '' },
    ...{ digests: {}, obligations: [], content: '', scope: 'call' as const },
  },
}
const approved: Progress = { ...openRequest(0, 3_600_000), state: 'approved', voters: ['carol'], useBy: 900_000 }

async function stored(progress: Progress = openRequest(0, 3_600_000)) {
  const rows = createMemoryRows()
  const found: Forgery[] = []
  const store = sealApprovals(rows, { found })
  await store.insert(request, progress)
  return { rows, store, found }
}

const text = (value: object) => JSON.stringify(value)
const edit = (row: ApprovalRow, change: (request: ApprovalRequest) => object): ApprovalRow => ({
  ...row,
  request: Buffer.from(text(change(JSON.parse(Buffer.from(row.request).toString()) as ApprovalRequest))),
})

/** What somebody can write who has the table and not the key. */
const forgeries: readonly [string, (row: ApprovalRow) => ApprovalRow][] = [
  ['approved by nobody', (row) => ({ ...row, progress: text(approved) })],
  ['used until later', (row) => ({ ...row, progress: text({ ...approved, useBy: 9e15 }) })],
  ['of a later round', (row) => ({ ...row, progress: text({ ...openRequest(0, 3_600_000), round: 1 }) })],
  ['for another digest', (row) => edit(row, (of) => ({ ...of, digest: 'cd'.repeat(32) }))],
  ['for another person', (row) => edit(row, (of) => ({ ...of, subject: { ...of.subject, oid: 'mallory' } }))],
  ['for other inputs', (row) => edit(row, (of) => ({ ...of, subject: { ...of.subject, inputs: '{"id":1}' } }))],
  ['by another rule', (row) => edit(row, (of) => ({ ...of, needs: [] }))],
  ['with another key id', (row) => ({ ...row, seal: { ...row.seal, kid: 'audit-hmac-2026-10/0a1b2c3d' } })],
  ['with a key that there never was', (row) => ({ ...row, seal: { ...row.seal, kid: 'mine' } })],
  ['with no seal', (row) => ({ ...row, seal: { kid: row.seal.kid, mac: new Uint8Array() } })],
  ['with a seal cut short', (row) => ({ ...row, seal: { ...row.seal, mac: row.seal.mac.slice(0, 16) } })],
]

describe('sealed approval', () => {
  it('comes back as it was stored, and as it was changed', async () => {
    const { store, found } = await stored()
    const [kept] = await store.list('t', 0)
    expect(kept).toMatchObject({ request, progress: openRequest(0, 3_600_000) })
    expect(await store.replace(kept as Approval, approved)).not.toBeNull()
    expect((await store.latest('t', digest))?.progress).toEqual(approved)
    expect(found).toEqual([])
  })

  it.each(forgeries)('that was written from outside, %s, is refused, told of and in no list', async (_, forge) => {
    const { rows, store, found } = await stored()
    rows.change(id, forge)
    await expect(store.find('t', id)).rejects.toMatchObject({ code: 'approval_mismatch' })
    await expect(store.latest('t', digest)).rejects.toMatchObject({ code: 'approval_mismatch' })
    expect(await store.list('t', 0)).toEqual([])
    expect(found.map((forgery) => forgery.id)).toEqual([id, id, id])
  })

  it('is worth nothing under another id or in another tenant', async () => {
    const { rows, store } = await stored(approved)
    rows.copy(id, { id: `${id}-2` })
    rows.copy(id, { tid: 'u' })
    await expect(store.find('t', `${id}-2`)).rejects.toMatchObject({ code: 'approval_mismatch' })
    await expect(store.find('u', id)).rejects.toMatchObject({ code: 'approval_mismatch' })
    expect((await store.find('t', id))?.progress.state).toBe('approved')
  })

  it('of the month before is read by the key of that month, and sealed anew by this one', async () => {
    const rows = createMemoryRows()
    await sealApprovals(rows, { kid: 'audit-hmac-2026-10/0a1b2c3d' }).insert(request, openRequest(0, 3_600_000))
    const store = sealApprovals(rows)
    const kept = await store.find('t', id)
    expect(kept?.progress.state).toBe('pending')
    await store.replace(kept as Approval, approved)
    expect(rows.kept.get(`t|${id}`)?.seal.kid).toBe('audit-hmac-2026-11/0a1b2c3d')
    expect((await store.find('t', id))?.progress.state).toBe('approved')
  })

  it('is neither read nor written while the vault gives no key', async () => {
    const { rows } = await stored()
    const away = async () => {
      throw new Error('away')
    }
    const keys = { ...vaultOf('audit-hmac-2026-11/0a1b2c3d'), current: away }
    const store = createSealedApprovals({ rows, keys, onForgery: () => undefined })
    await expect(store.find('t', id)).rejects.toThrow('away')
    await expect(store.insert({ ...request, id: `${id}-2` }, approved)).rejects.toThrow('away')
    expect(rows.kept.size).toBe(1)
  })
})

describe('report of forgeries', () => {
  it('says of each once, in the log and in the book, and nothing that the forger wrote', () => {
    const events: object[] = []
    const logged: string[] = []
    const report = createForgeryReport({
      audit: { recordEvent: async (facts) => events.push(facts) },
      log: (event) => logged.push(event),
    })
    for (const etag of ['1', '1', '2']) report({ tid: 't', id, etag })
    report({ tid: 'Bob Smith', id: 'call +49 30 1234', etag: '1' })
    expect(logged).toEqual(['approval_forged', 'approval_forged', 'approval_forged'])
    expect(events.map((event) => text(event))).toEqual([
      ...[1, 2].map(() => text({ kind: 'approval', detail: { step: 'forged', id, tid: 'unknown' } })),
      text({ kind: 'approval', detail: { step: 'forged', id: 'unknown', tid: 'unknown' } }),
    ])
  })
})
