import { describe, expect, it } from 'vitest'
import { listRequests, requestRun, takeRequest } from '../../../shared/audit/run-requests.ts'
import { findCheckpoint } from '../../../shared/http/audit-book.ts'
import { createMemoryRows } from './memory-rows.ts'

const start = Date.UTC(2026, 10, 22, 12)
const minute = 60_000

describe('request for a run', () => {
  it('is taken by exactly one of those who ask', async () => {
    const rows = createMemoryRows()
    await requestRun(rows, { now: start, id: 'a' })
    const [request] = await listRequests(rows, start)
    if (request === undefined) throw new Error('no request')
    const taken = await Promise.all(['run-1', 'run-2', 'run-3'].map((run) => takeRequest(rows, request, run)))
    expect(taken.filter((isTaken) => isTaken)).toHaveLength(1)
    expect((await listRequests(rows, start))[0]?.state).toBe('taken')
  })

  it('is made anew once the one before was taken, or waited too long', async () => {
    const rows = createMemoryRows()
    const first = await requestRun(rows, { now: start, id: 'a' })
    expect((await requestRun(rows, { now: start + minute, id: 'b' }))?.id).toBe(first?.id)
    if (first) await takeRequest(rows, first, 'run-1')
    const second = await requestRun(rows, { now: start + 2 * minute, id: 'c' })
    expect(second?.id).not.toBe(first?.id)
    expect((await requestRun(rows, { now: start + 30 * minute, id: 'd' }))?.id).not.toBe(second?.id)
  })

  it('is none where it could not be kept', async () => {
    const rows = createMemoryRows()
    rows.mishap = () => 'rejected'
    expect(await requestRun(rows, { now: start, id: 'a' })).toBe(null)
  })
})

describe('newest checkpoint', () => {
  const evidence = (files: Readonly<Record<string, string>>, modified: string) => ({
    list: async (prefix: string, folders = false) => {
      const names = Object.keys(files).filter((name) => name.startsWith(prefix))
      return folders
        ? [...new Set(names.map((name) => `${name.split('/').slice(0, 2).join('/')}/`))].sort()
        : names.sort()
    },
    read: async (name: string) => ({ bytes: Buffer.from(files[name] ?? ''), modified }),
  })
  const files = {
    'checkpoints/000000000/000000000999.txt': 'old',
    'checkpoints/000000001/000000001002.txt': 'new',
    'checkpoints/000000001/000000001001.txt': 'older',
  }

  it('is that of the largest size, with the time at which it was kept', async () => {
    const kept = await findCheckpoint(evidence(files, 'Sun, 22 Nov 2026 12:00:00 GMT'))
    expect(kept).toEqual({ note: 'new', time: '2026-11-22T12:00:00.000Z' })
  })

  it('has no time where the store says none, and is none before the first', async () => {
    expect((await findCheckpoint(evidence(files, '')))?.time).toBe(null)
    expect(await findCheckpoint(evidence({}, ''))).toBe(null)
  })
})
