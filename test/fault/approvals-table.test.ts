import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ApprovalStore } from '../../shared/approval/approval.ts'
import { decideRequest } from '../../shared/approval/states.ts'
import { createTableApprovals } from '../../shared/approval/table-approvals.ts'
import { sealApprovals } from '../support/approval-sealed.ts'
import { wantsApproval } from '../support/approval-world.ts'
import { alice, createWorld, inboundFor, noon, run, type World } from '../support/line-world.ts'
import { connectionStringOf, startTableServer, type TableServer } from './audit-azurite.ts'

let server: TableServer
let tables = 0

beforeAll(async () => {
  server = await startTableServer()
}, 30_000)
afterAll(() => server.stop())

/** A store of its own; every process of a test opens the same table by another client. */
function openTable(name: string): ApprovalStore {
  const account = { connectionString: connectionStringOf(server.port) }
  return sealApprovals(createTableApprovals({ account, table: name, allowInsecure: true, timeout: 10_000 }))
}

function newTable(): { readonly name: string; readonly store: ApprovalStore } {
  tables += 1
  const name = `approvals${tables}`
  return { name, store: openTable(name) }
}

/** A line of an instance of its own over that table. */
function openInstance(store: ApprovalStore, instance = 1): World {
  const id = (last: number) => `${String(instance).padStart(8, '0')}-0000-4000-8000-${String(last).padStart(12, '0')}`
  let ids = 0
  return createWorld({ store, newId: () => id(++ids), faults: { decide: wantsApproval } })
}

const justification = { text: 'agreed', salt: '00' }

async function approve(store: ApprovalStore, world: World): Promise<string> {
  await run(world, inboundFor('getItem'))
  const [asked] = await store.list(alice.tid, 0)
  if (asked === undefined) throw new Error('nothing was asked for')
  const vote = { approve: true, voter: 'carol', inSteadOf: null, circles: ['approvers'], at: noon, justification }
  const decided = decideRequest(asked.progress, vote, asked.request)
  if (decided === null) throw new Error('it cannot be approved')
  await store.replace(asked, decided)
  return asked.request.id
}

describe('table of approvals', () => {
  it('lets one of fifty racing instances call', async () => {
    const { name, store } = newTable()
    const id = await approve(store, openInstance(store))
    const instances = Array.from({ length: 50 }, (_, index) => openInstance(openTable(name), index + 2))
    const endings = await Promise.all(instances.map((world) => run(world, inboundFor('getItem'))))
    const codes = endings.map(({ code }) => code)
    expect(codes.filter((code) => code === 'ok')).toHaveLength(1)
    expect(codes.filter((code) => code === 'approval_used')).toHaveLength(49)
    expect(instances.flatMap(({ calls }) => calls)).toHaveLength(1)
    expect((await store.find(alice.tid, id))?.progress.state).toBe('spent')
  }, 60_000)

  it('makes one request of many at once', async () => {
    const { store } = newTable()
    const worlds = Array.from({ length: 10 }, (_, index) => openInstance(store, index + 1))
    const endings = await Promise.all(worlds.map((world) => run(world, inboundFor('getItem'))))
    expect(new Set(endings.map(({ code }) => code))).toEqual(new Set(['approval_pending']))
    expect(await store.list(alice.tid, 0)).toHaveLength(1)
    const steps = worlds.flatMap(({ events }) => events.map(({ detail }) => detail.step))
    expect(steps.filter((step) => step === 'request')).toHaveLength(1 + steps.filter((step) => step === 'void').length)
  })

  it('keeps a request as it was asked, however long it is', async () => {
    const { store } = newTable()
    await run(openInstance(store), inboundFor('getItem'))
    const [first] = await store.list(alice.tid, 0)
    if (first === undefined) throw new Error('nothing is kept')
    const subject = { ...first.request.subject, inputs: JSON.stringify('aü'.repeat(280_000)) }
    const long = { ...first.request, id: `${first.request.id}-2`, attempt: 2, subject }
    await store.insert(long, first.progress)
    expect((await store.find(alice.tid, long.id))?.request).toEqual(long)
  })

  it('changes nothing under an older ETag, and spends a round once', async () => {
    const { store } = newTable()
    await approve(store, openInstance(store))
    const [kept] = await store.list(alice.tid, 0)
    if (kept === undefined) throw new Error('nothing is kept')
    expect(await store.replace(kept, kept.progress)).not.toBeNull()
    expect(await store.replace(kept, kept.progress)).toBeNull()
    const use = { tid: alice.tid, id: kept.request.id, round: 0, decisionId: 'd1' }
    const spent = await Promise.all([store.spend(use), store.spend(use), store.spend({ ...use, round: 1 })])
    expect(spent.filter(Boolean)).toHaveLength(2)
  })

  it('shows a tenant its own requests only, and the newest of a digest', async () => {
    const { store } = newTable()
    await run(openInstance(store), inboundFor('getItem'))
    const [first] = await store.list(alice.tid, 0)
    if (first === undefined) throw new Error('nothing is kept')
    const second = { ...first.request, id: `${first.request.id}-2`, attempt: 2 }
    const tenth = { ...first.request, id: `${first.request.id}-10`, attempt: 10 }
    for (const request of [tenth, second]) expect(await store.insert(request, first.progress)).toBe(true)
    expect(await store.insert(second, first.progress)).toBe(false)
    expect((await store.latest(alice.tid, first.request.digest))?.request.attempt).toBe(10)
    expect(await store.list('another', 0)).toEqual([])
    expect(await store.find('another', first.request.id)).toBeNull()
    expect(await store.list(alice.tid, noon + 1)).toEqual([])
  })

  it('says that it cannot be had where it cannot, and nothing is called', async () => {
    const account = { connectionString: connectionStringOf(1) }
    const away = sealApprovals(createTableApprovals({ account, table: 'away', allowInsecure: true, timeout: 500 }))
    const world = openInstance(away)
    expect((await run(world, inboundFor('getItem'))).code).toBe('policy_unavailable')
    expect(world.calls).toEqual([])
  })
})
