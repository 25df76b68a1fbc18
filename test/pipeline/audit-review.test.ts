import { describe, expect, it } from 'vitest'
import { findingId } from '../../shared/audit/finding-id.ts'
import type { Principal } from '../../shared/identity/principal.ts'
import { createAuditWorld, dave, principalOf, trudy } from '../support/audit-world.ts'
import { alice, tid } from '../support/line-world.ts'

const date = '2026-11-21'
const other: Principal = { ...dave, oid: 'a0000000-0000-4000-8000-00000000000a' }
const finding = { kind: 'dangling_intent', lane: 'L01', seq: 1, detail: 'no outcome' } as const
const id = findingId(finding)

const quiet = {
  verdict: { result: 'PASS', sentence: 'All rows.' },
  findings: [],
  access: [{ tid, oid: alice.oid, label: 'pii', count: 3 }],
  activity: { reads: [{ tid, oid: dave.oid, what: 'records' }] },
}

function worldWith(report: object = quiet) {
  const world = createAuditWorld()
  const bytes = Buffer.from(JSON.stringify(report))
  world.book.files.set(`reports/${date}/report.json`, bytes)
  world.book.files.set(
    `reports/${date}/report.html`,
    Buffer.from('<!doctype html><html><head><style>p{color:red}</style></head><p>PASS</p></html>'),
  )
  const review = (body: object = {}, principal = dave, of = date) =>
    world.ask(
      'reviewReport',
      { operation: of, body: { decision: 'accepted', comment: 'Read and understood.', ...body } },
      principal,
    )
  const dispose = (body: object = {}, principal = dave, of: string = id) =>
    world.ask(
      'disposeFinding',
      { operation: of, body: { disposition: 'accepted', comment: 'Known outage.', ...body } },
      principal,
    )
  return { ...world, review, dispose }
}

const detailOf = (world: ReturnType<typeof worldWith>, kind: string) =>
  world.rowsOf(kind).map(({ properties }) => {
    return JSON.parse(Buffer.from(properties.c as Uint8Array).toString('utf8')).detail as Record<string, unknown>
  })

describe('reports', () => {
  it('are listed with verdict, digest and reviews', async () => {
    const world = worldWith()
    await world.review()
    const { body } = await world.ask('auditReports')
    expect(body.reports).toEqual([
      {
        date,
        verdict: 'PASS',
        sentence: 'All rows.',
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        url: `/api/audit/reports/${date}`,
        reviews: [expect.objectContaining({ oid: dave.oid, decision: 'accepted', checked: 'mac' })],
      },
    ])
  })

  it('come byte for byte as they were signed', async () => {
    const world = worldWith()
    world.book.files.set(`reports/${date}/report.json.sig`, Buffer.from('DER'))
    const { answer } = await world.ask('auditReport', { operation: date })
    expect([answer?.body, answer?.headers['countersign-signature']]).toEqual([JSON.stringify(quiet), 'REVS'])
    expect(answer?.headers['repr-digest']).toMatch(/^sha-256=:[A-Za-z0-9+/]{43}=:$/)
  })

  it.each([{ query: 'format=html' }, { headers: { accept: 'text/html,application/xhtml+xml' } }])(
    'come as a page that runs no script and loads nothing: %j',
    async (given) => {
      const { answer } = await worldWith().ask('auditReport', { operation: date, ...given })
      expect(answer?.headers['content-type']).toBe('text/html; charset=utf-8')
      const policy = answer?.headers['content-security-policy'] ?? ''
      expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; /)
      expect(policy).not.toMatch(/unsafe|script-src|\*/)
    },
  )

  it.each(['2026-11-20', '..', '2026-11-21/../x', ''])('are unknown where there is none: %j', async (operation) => {
    expect((await worldWith().ask('auditReport', { operation })).code).toBe('operation_unknown')
  })

  it.each(['auditReports', 'auditReport'] as const)('are the home tenant’s in %s', async (route) => {
    const { code } = await worldWith().ask(route, { operation: date }, trudy)
    expect(code).toBe('policy_denied')
  })
})

describe('review', () => {
  it('stands in the book with its report’s digest, and without its comment', async () => {
    const world = worldWith()
    const { status, body } = await world.review()
    expect([status, body.decision]).toEqual([200, 'accepted'])
    const [detail] = detailOf(world, 'review')
    expect(detail).toMatchObject({ date, digest: body.digest, oid: dave.oid, tid, decision: 'accepted' })
    expect(detail?.comment).toMatch(/^[0-9a-f]{64}$/)
    expect(
      JSON.stringify([...world.book.rows.tables.rows.values(), ...world.book.rows.tables.meta.values()]),
    ).not.toContain('understood')
  })

  it('shows its comment to who opens it, until it is erased', async () => {
    const world = worldWith()
    await world.review()
    await world.index()
    const opened = await world.records('kind=review&open=true')
    expect(opened.body.records[0].personal).toEqual({ comment: { value: 'Read and understood.' } })
    world.book.rows.tables.pii.clear()
    const erased = await world.records('kind=review&open=true')
    expect(erased.body.records[0].personal).toEqual({ comment: { state: 'erased' } })
  })

  const cases: readonly [string, Partial<Principal>, string][] = [
    ['an agent with the auditor’s own token', { actor: alice.actor }, 'human_required'],
    ['an agent identity', { kind: 'agent-for-person' }, 'human_required'],
    ['an application alone', { kind: 'app', scopes: [] }, 'human_required'],
    ['a guest', { kind: 'guest', guest: true }, 'guest_not_allowed'],
    ['the console without the scope', { scopes: ['access_as_user'] }, 'scope_insufficient'],
    ['somebody without the role', { roles: ['Countersign.Operator'] }, 'policy_denied'],
    ['another tenant’s auditor', { tid: trudy.tid }, 'policy_denied'],
  ]
  it.each(cases)('of %s is refused, and so is the disposition', async (_, changes, code) => {
    const world = worldWith({ ...quiet, findings: [{ id, ...finding }] })
    expect((await world.review({}, { ...dave, ...changes })).code).toBe(code)
    expect((await world.dispose({}, { ...dave, ...changes })).code).toBe(code)
    expect([...world.rowsOf('review'), ...world.rowsOf('disposition')]).toEqual([])
  })

  it.each([
    ['called', { access: [{ oid: dave.oid }] }],
    ['voted', { approvals: { steps: [[tid, dave.oid, 'vote', 1]] } }],
    ['changed policy', { changes: [{ kind: 'policy', detail: { oid: dave.oid.toUpperCase() } }] }],
    ['erased', { erasures: [{ kind: 'erasure', detail: { by: dave.oid } }] }],
    ['is named in a finding', { findings: [{ id, detail: `call by ${dave.oid}` }] }],
    ['is a member’s name', { callers: { [`${tid}|${dave.oid}`]: 4 } }],
  ])('is refused to whom the report names: who %s', async (_, part) => {
    const world = worldWith({ ...quiet, ...part })
    const answer = await world.review()
    expect([answer.code, answer.reasons]).toEqual(['policy_denied', ['operator_concerned']])
    expect((await world.review({}, other)).code).toBe('ok')
  })

  it.each([
    ['its outcome', 2, () => undefined],
    [
      'a row that cannot be believed any more',
      1,
      (world: ReturnType<typeof worldWith>) => {
        for (const [id, stored] of world.book.rows.tables.rows) {
          const mac = Buffer.alloc(32)
          const isAt = id.endsWith('r0000000000000001')
          if (isAt) world.book.rows.tables.rows.set(id, { ...stored, properties: { ...stored.properties, mac } })
        }
      },
    ],
    [
      'a place that the directory of lanes leads away from',
      1,
      (world: ReturnType<typeof worldWith>) => {
        for (const [id, stored] of world.book.rows.tables.meta) {
          if (stored.partitionKey !== 'lane') continue
          world.book.rows.tables.meta.set(id, { ...stored, properties: { ...stored.properties, segment: 900_000_000 } })
        }
      },
    ],
  ])('is refused to the person behind a call where the finding stands at %s', async (_, seq, change) => {
    const scope = { lanes: [{ lane: 'L01', segment: 1, nextSeq: 3 }] }
    const world = worldWith({ ...quiet, scope, findings: [{ id, ...finding, seq }] })
    await world.call('d-1', { principal: principalOf(dave.oid) })
    change(world)
    expect((await world.review()).reasons).toEqual(['operator_concerned'])
  })

  it('is refused to the person behind the call that a finding stands at', async () => {
    const world = worldWith({ ...quiet, findings: [{ id, ...finding }] })
    await world.call('d-1', { principal: principalOf(dave.oid) })
    expect((await world.review()).reasons).toEqual(['operator_concerned'])
    expect((await world.dispose()).reasons).toEqual(['operator_concerned'])
    expect((await world.dispose({}, other)).code).toBe('ok')
  })

  it('is not refused to who read the book, or reviewed an earlier report', async () => {
    const reviews = { done: [{ date: '2026-11-20', by: dave.oid }] }
    const findings = { explained: [{ disposition: { by: dave.oid } }] }
    expect((await worldWith({ ...quiet, reviews, findings }).review()).code).toBe('ok')
  })

  it('is given once by a person, whatever it then says', async () => {
    const world = worldWith()
    await world.review()
    for (const body of [{}, { decision: 'rejected' }]) {
      expect((await world.review(body)).reasons).toEqual(['already_reviewed'])
    }
    expect((await world.review({ decision: 'rejected' }, other)).code).toBe('ok')
    expect(world.rowsOf('review')).toHaveLength(2)
  })

  it('is one of two that come at once', async () => {
    const world = worldWith()
    const codes = (await Promise.all([world.review(), world.review()])).map(({ code }) => code)
    expect(codes.sort()).toEqual(['ok', 'policy_denied'])
    expect(world.rowsOf('review')).toHaveLength(1)
  })

  it('may be repeated unchanged where its row was not durable, and not at once', async () => {
    const world = worldWith()
    world.refusals.events = true
    expect((await world.review()).code).toBe('audit_unavailable')
    world.refusals.events = false
    expect((await world.review()).reasons).toEqual(['already_reviewed'])
    world.pass(11_000)
    expect((await world.review({ decision: 'rejected' })).reasons).toEqual(['already_reviewed'])
    expect((await world.review()).code).toBe('ok')
  })

  it.each([
    { decision: 'maybe' },
    { comment: ' ' },
    { comment: 'x'.repeat(2001) },
    { more: 1 },
    { digest: '0'.repeat(64) },
  ])('with %j is refused', async (body) => {
    const world = worldWith()
    expect((await world.review(body)).code).toBe('input_invalid')
    expect(world.rowsOf('review')).toEqual([])
  })

  it('of no report is refused', async () => {
    expect((await worldWith().review({}, dave, '2026-11-01')).code).toBe('operation_unknown')
  })
})

describe('disposition', () => {
  it('stands in the book with the finding and the newest report that names it', async () => {
    const world = worldWith({ ...quiet, integrity: { findings: [{ id, ...finding }] } })
    const { status } = await world.dispose({ owner: other.oid.toUpperCase(), disposition: 'incident' })
    expect(status).toBe(200)
    expect(detailOf(world, 'disposition')[0]).toMatchObject({
      ...{ finding: id, date, disposition: 'incident', owner: other.oid, oid: dave.oid, tid },
      comment: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
  })

  it.each(['fnd_000000000000000000000000', 'x', ''])('of what no report names is refused: %j', async (of) => {
    expect((await worldWith().dispose({}, dave, of)).code).toBe('operation_unknown')
  })

  it.each([{ disposition: 'fine' }, { comment: '' }, { owner: 'Dave' }, { date: 'today' }])(
    'with %j is refused',
    async (body) => {
      const world = worldWith({ findings: [{ id, ...finding }] })
      expect((await world.dispose(body)).code).toBe('input_invalid')
    },
  )
})

describe('request for a verification', () => {
  it('is kept where the evidence app’s timer looks, once while it waits', async () => {
    const world = worldWith()
    const first = await world.ask('verifyBook', { body: {} })
    const second = await world.ask('verifyBook', { body: {} }, other)
    expect(first.body).toMatchObject({ status: 'requested', reports: '/api/audit/reports' })
    expect(second.body.id).toBe(first.body.id)
    const kept = [...world.book.rows.tables.runs.values()]
    expect(kept.map(({ partitionKey, rowKey }) => [partitionKey, rowKey])).toEqual([['request', first.body.id]])
  })
})

describe('head', () => {
  it('shows the checkpoint as it was signed, and how far each lane has come', async () => {
    const world = worldWith()
    await world.call('d-1')
    const root = Buffer.alloc(32, 1).toString('base64')
    const note = `countersign/x\n12\n${root}\n\n— countersign/x ${Buffer.alloc(70, 2).toString('base64')}\n`
    world.book.kept = { note, time: '2026-11-22T11:59:00.000Z' }
    const { body } = await world.ask('auditHead')
    expect(body.checkpoint).toEqual({ note, origin: 'countersign/x', size: 12, root, time: world.book.kept.time })
    expect(body.lanes).toEqual([
      expect.objectContaining({ lane: 'L01', segment: 1, checked: 'mac', nextSeq: 3, state: 'open' }),
    ])
  })

  it('names a head that was altered, and alarms', async () => {
    const world = worldWith()
    await world.call('d-1')
    for (const { rowKey, properties } of world.book.rows.tables.rows.values()) {
      if (rowKey === '!head') Object.assign(properties, { hmac: Buffer.alloc(32) })
    }
    const { body } = await world.ask('auditHead')
    expect(body.lanes[0]).toMatchObject({ checked: 'failed', fault: 'head_altered' })
    expect(world.logged.map(({ event }) => event)).toContain('alarm')
  })

  it('says that nothing was signed yet', async () => {
    expect((await worldWith().ask('auditHead')).body.checkpoint).toBe(null)
  })
})
