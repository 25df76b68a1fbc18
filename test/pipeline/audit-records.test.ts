import { describe, expect, it } from 'vitest'
import type { Principal } from '../../shared/identity/principal.ts'
import { createAuditWorld, dave, otherTenant, principalOf, trudy } from '../support/audit-world.ts'
import { alice, tid } from '../support/line-world.ts'

const bob = 'a0000000-0000-4000-8000-000000000002'

async function filled() {
  const world = createAuditWorld()
  await world.call('d-1', { principal: principalOf(alice.oid), reads: ['Sales.Orders'] })
  await world.call(
    'd-2',
    { principal: principalOf(bob), reads: ['hr.people'], effect: 'write' },
    { labels: ['hr.salary'] },
  )
  await world.call('d-3', { principal: principalOf(bob, { tid: otherTenant }), reads: ['sales.orders'] })
  await world.index()
  return world
}

const decisions = ({ body }: { body: { records?: { decisionId?: string }[] } }) =>
  (body.records ?? []).flatMap(({ decisionId }) => decisionId ?? [])

describe('who reads the book', () => {
  const cases: readonly [string, Partial<Principal>, number, string][] = [
    ['an auditor', {}, 200, 'ok'],
    ['an auditor with the agents’ scope', { scopes: ['access_as_user'], actor: alice.actor }, 200, 'ok'],
    ['an agent for an auditor', { kind: 'agent-for-person' }, 403, 'human_required'],
    ['an agent’s own account', { kind: 'agent-user' }, 403, 'human_required'],
    ['an application alone', { kind: 'app', scopes: [] }, 403, 'human_required'],
    ['a guest', { kind: 'guest', guest: true }, 403, 'guest_not_allowed'],
    ['somebody who may be a guest', { guest: true }, 403, 'guest_not_allowed'],
    ['an operator', { roles: ['Countersign.Operator', 'Countersign.Approver'] }, 403, 'policy_denied'],
    ['somebody without a role', { roles: [] }, 403, 'policy_denied'],
  ]
  it.each(cases)('is %s or is not', async (...[, changes, status, code]) => {
    const world = await filled()
    for (const route of ['auditRecords', 'auditHead', 'auditStream', 'auditReports', 'verifyBook'] as const) {
      const given = route === 'verifyBook' ? { body: {} } : {}
      const answer = await world.ask(route, given, { ...dave, ...changes })
      expect([route, answer.status, answer.code]).toEqual([route, status, code])
    }
    expect(world.rowsOf('read').length > 0).toBe(status === 200)
  })

  it.each(['auditHead', 'auditReports', 'verifyBook'] as const)(
    'is the home tenant’s auditor alone in %s',
    async (route) => {
      const world = await filled()
      const answer = await world.ask(route, route === 'verifyBook' ? { body: {} } : {}, trudy)
      expect([answer.status, answer.code, answer.reasons]).toEqual([403, 'policy_denied', ['home_tenant_only']])
    },
  )

  it.each(['auditRecords', 'auditStream'] as const)(
    'reads no other tenant in %s, unless of the home tenant',
    async (route) => {
      const world = await filled()
      for (const tenant of ['all', tid]) {
        const refused = await world.ask(route, { query: `tenant=${tenant}` }, trudy)
        expect([refused.code, refused.reasons]).toEqual(['policy_denied', ['other_tenant']])
        expect((await world.ask(route, { query: `tenant=${tenant}` })).status).toBe(200)
      }
      expect((await world.ask(route, { query: `tenant=${otherTenant}` }, trudy)).status).toBe(200)
    },
  )

  it('is answered so often in a minute and no oftener', async () => {
    const world = createAuditWorld(3)
    const answers = [await world.records(), await world.records(), await world.records(), await world.records()]
    expect(answers.map(({ code }) => code)).toEqual(['ok', 'ok', 'ok', 'quota_exceeded'])
  })
})

describe('records', () => {
  it('are the own tenant’s, the newest first, each intent with its outcome', async () => {
    const world = await filled()
    const { body } = await world.records('kind=intent')
    expect(decisions({ body })).toEqual(['d-2', 'd-1'])
    expect(body).toMatchObject({
      next: null,
      population: { returned: 2 },
      indexedUpTo: expect.stringMatching(/^2026-11-22T/),
    })
    expect(body.records[1]).toMatchObject({
      place: { lane: 'L01', segment: 1, seq: 1 },
      checked: 'mac',
      intent: { principal: { oid: alice.oid }, reads: ['Sales.Orders'] },
      outcome: { place: { seq: 2 }, checked: 'mac', status: 'called', rows: 3 },
    })
    expect(body.records[1].intent.personal).toBe(undefined)
    expect(body.records[1].outcome.intent).toBe(undefined)
  })

  it('are another tenant’s for its own auditor', async () => {
    const world = await filled()
    expect(decisions(await world.records('', trudy))).toEqual(['d-3'])
  })

  it('are all tenants’ for the home tenant’s auditor who asks for them', async () => {
    const world = await filled()
    expect(decisions(await world.records('tenant=all&kind=intent'))).toEqual(['d-3', 'd-2', 'd-1'])
    expect(decisions(await world.records(`tenant=${otherTenant}`))).toEqual(['d-3'])
  })

  it.each([
    ['person', `person=${alice.oid}`, ['d-1']],
    ['person in capitals', `person=${alice.oid.toUpperCase()}`, ['d-1']],
    ['agent', `agent=${'33333333-3333-4333-8333-333333333333'}`, ['d-2', 'd-1']],
    ['object, whatever its case', 'object=sales.ORDERS', ['d-1']],
    ['class of data', 'dataClass=hr.salary', ['d-2']],
    ['wider class of data', 'dataClass=hr', ['d-2']],
    ['backend', 'backend=azure-postgresql', ['d-2', 'd-1']],
    ['operation', 'operation=query', ['d-2', 'd-1']],
    ['effect', 'effect=write', ['d-2']],
    ['verdict', 'verdict=deny', []],
    ['status', 'status=called', ['d-2', 'd-1']],
    ['rule', 'rule=readers', ['d-2', 'd-1']],
    ['decision', 'decision=d-1', ['d-1']],
    ['trace', 'trace=4bf92f3577b34da6a3ce929d0e0e4736', ['d-2', 'd-1']],
    ['two filters', `person=${bob}&dataClass=hr`, ['d-2']],
    ['two filters that have nothing in common', `person=${alice.oid}&dataClass=hr`, []],
    ['another tenant’s decision', 'decision=d-3', []],
    ['a time before', 'to=2026-11-21', []],
    ['the day', 'from=2026-11-22&to=2026-11-22&kind=intent', ['d-2', 'd-1']],
  ])('are found by %s', async (_, query, expected) => {
    const world = await filled()
    expect(decisions(await world.records(query))).toEqual(expected)
  })

  it.each([
    'what=1',
    'person=alice',
    'limit=0',
    'limit=201',
    'limit=2001&format=csv',
    'from=yesterday',
    'from=2026-11-23',
    'from=2019-01-01',
    'cursor=abc',
    'format=xml',
    'open=yes',
    'tenant=x',
    'decision=1&decision=2',
    `object=${'x'.repeat(513)}`,
  ])('are refused for ?%s', async (query) => {
    const world = await filled()
    expect((await world.records(query)).code).toBe('input_invalid')
  })

  it('show what is not indexed yet as the time up to which nothing is missing', async () => {
    const world = await filled()
    const before = (await world.records()).body.indexedUpTo
    world.pass(3_600_000)
    await world.call('d-9', { principal: principalOf(alice.oid) })
    const { body } = await world.records('decision=d-9')
    expect([body.records.length, body.indexedUpTo]).toEqual([0, before])
    await world.index()
    expect(decisions(await world.records('decision=d-9'))).toEqual(['d-9'])
  })
})

describe('reading', () => {
  it('is chained before it is answered: who, what as a digest, how much', async () => {
    const world = await filled()
    await world.records(`person=${alice.oid}`)
    await world.index()
    const { body } = await world.records('kind=read')
    expect(body.records).toHaveLength(1)
    expect(body.records[0].detail).toMatchObject({ what: 'records', oid: dave.oid, tid, azp: dave.actor, count: 1 })
    expect(body.records[0].detail.filter).toMatch(/^[0-9a-f]{64}$/)
    expect(JSON.stringify(body.records[0])).not.toContain(alice.oid)
  })

  it.each(['auditRecords', 'auditHead', 'auditStream', 'auditReports', 'verifyBook'] as const)(
    'is not answered by %s where the book cannot take it',
    async (route) => {
      const world = await filled()
      world.refusals.events = true
      const answer = await world.ask(route, route === 'verifyBook' ? { body: {} } : {})
      expect([answer.status, answer.code]).toEqual([503, 'audit_unavailable'])
    },
  )
})

describe('personal values', () => {
  const opened = async (
    query: string,
    spoil: (world: Awaited<ReturnType<typeof filled>>) => void = () => undefined,
  ) => {
    const world = await filled()
    await world.call('d-7', { personal: { statement: 'SELECT secret', purpose: 'audit' } })
    await world.index()
    spoil(world)
    const { body } = await world.records(`decision=d-7${query}`)
    return { world, personal: body.records[0]?.personal, text: JSON.stringify(body) }
  }

  it('stay closed unless they are asked for', async () => {
    const { personal, text } = await opened('')
    expect(personal).toBe(undefined)
    expect(text).not.toContain('secret')
  })

  it('are opened when asked for, which is chained with the decisions’ digest', async () => {
    const { world, personal } = await opened('&open=true')
    expect(personal).toEqual({ statement: { value: 'SELECT secret' }, purpose: { value: 'audit' } })
    const row = world.rowsOf('read').at(-1)
    const text = Buffer.from(row?.properties.c as Uint8Array).toString('utf8')
    expect(JSON.parse(text).detail).toMatchObject({ opened: 1, decisions: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(text).not.toContain('d-7')
  })

  it('say that they were erased', async () => {
    const { personal } = await opened('&open=true', ({ book }) => book.rows.tables.pii.clear())
    expect(personal).toEqual({ statement: { state: 'erased' }, purpose: { state: 'erased' } })
  })

  it('are not shown where they are not what the row commits to', async () => {
    const { personal, text } = await opened('&open=true', ({ book }) => {
      for (const { properties } of book.rows.tables.pii.values()) {
        Object.assign(properties, { statement_0: Buffer.from('SELECT forged') })
      }
    })
    expect(personal.statement).toEqual({ state: 'altered' })
    expect(text).not.toContain('forged')
  })
})

describe('row that is not as it was written', () => {
  const spoiled = async (spoil: (properties: Record<string, unknown>, seq: number) => void) => {
    const world = await filled()
    for (const entity of world.book.rows.tables.rows.values()) {
      if (entity.rowKey.startsWith('r'))
        spoil(entity.properties as Record<string, unknown>, Number(entity.rowKey.slice(1)))
    }
    return world
  }
  const edit = (properties: Record<string, unknown>) => {
    const text = Buffer.from(properties.c as Uint8Array).toString('utf8')
    properties.c = Buffer.from(text.replace('ales.', 'alez.').replace('"rows":3', '"rows":1'))
  }

  it('is refused and an alarm, with its place and nothing of its content', async () => {
    const world = await spoiled((properties, seq) => void (seq === 1 && edit(properties)))
    const { body } = await world.records('decision=d-1')
    expect(body.records).toEqual([{ place: { lane: 'L01', segment: 1, seq: 1 }, checked: 'failed', fault: 'edited' }])
    expect(world.logged).toContainEqual({
      event: 'alarm',
      fields: { code: 'row_refused', reason: 'edited', lane: 'L01', segment: 1, seq: 1 },
    })
  })

  it('is refused as an outcome beside an intent that holds', async () => {
    const world = await spoiled((properties, seq) => void (seq === 2 && edit(properties)))
    const { body } = await world.records('decision=d-1')
    expect(body.records[0]).toMatchObject({ checked: 'mac', decisionId: 'd-1' })
    expect(body.records[0].outcome).toEqual({
      place: { lane: 'L01', segment: 1, seq: 2 },
      checked: 'failed',
      fault: 'edited',
    })
  })

  it('is named where it is gone', async () => {
    const world = await filled()
    for (const [at, { rowKey }] of world.book.rows.tables.rows) {
      if (rowKey.endsWith('1')) world.book.rows.tables.rows.delete(at)
    }
    expect((await world.records('decision=d-1')).body.records[0]).toMatchObject({
      checked: 'missing',
      fault: 'deleted',
    })
  })

  it('is shown as not checked where its key is not the gateway’s', async () => {
    const world = await filled()
    const current = await world.book.keys.current()
    Object.assign(world.book.keys, { current: async () => ({ ...current, kid: 'audit-hmac-2026-12/00000000' }) })
    const { body } = await world.records('decision=d-1')
    expect(body.records[0]).toMatchObject({ checked: 'not_checked_here', decisionId: 'd-1' })
  })

  it('is another tenant’s row that the index puts into this one’s, and is not shown', async () => {
    const world = await filled()
    const { index } = world.book.rows.tables
    for (const [at, entity] of [...index]) {
      if (!at.startsWith(otherTenant)) continue
      const partitionKey = entity.partitionKey.replace(otherTenant, tid)
      index.set(at.replace(otherTenant, tid), { ...entity, partitionKey })
    }
    expect(decisions(await world.records('kind=intent'))).toEqual(['d-2', 'd-1'])
    expect(world.logged.map(({ fields }) => fields.reason)).toContain('index_mismatch')
  })
})

describe('pages of records', () => {
  it('give each of 5,000 decisions once, in order, while more arrive', async () => {
    const world = createAuditWorld()
    const person = principalOf(alice.oid)
    const note = async (at: number) => {
      if (at % 10 === 0) world.pass(1)
      await world.writer.recordRefused({ ...refused(at), principal: person })
    }
    for (let at = 0; at < 5000; at += 100) await Promise.all(Array.from({ length: 100 }, (_, one) => note(at + one)))
    await world.index()
    const seen: string[] = []
    let cursor: string | null = ''
    for (let page = 0; page < 60 && cursor !== null; page++) {
      const { body } = await world.records(`person=${alice.oid}&limit=200${cursor && `&cursor=${cursor}`}`)
      seen.push(...decisions({ body }))
      cursor = body.next as string | null
      world.pass(1000)
      await note(10_000 + page)
      await world.index()
    }
    expect(seen).toHaveLength(5000)
    expect(new Set(seen).size).toBe(5000)
    expect(seen.some((id) => id.startsWith('d-100'))).toBe(true)
    expect(seen).not.toContain('d-10000')
  }, 60_000)

  it('go on with the cursor of the same question only', async () => {
    const world = await filled()
    const { body } = await world.records('limit=1')
    expect((await world.records(`cursor=${body.next}`)).status).toBe(200)
    expect((await world.records(`cursor=${body.next}&effect=read`)).code).toBe('input_invalid')
    expect((await world.records(`cursor=${body.next}x`)).code).toBe('input_invalid')
  })
})

function refused(at: number) {
  const { principal: _principal, ...facts } = basis
  return { ...facts, decisionId: `d-${at}`, verdict: 'deny' as const }
}

const basis = {
  principal: principalOf(alice.oid),
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  backend: 'azure-postgresql',
  operation: 'query',
  effect: 'read' as const,
  reads: ['sales.orders'],
  writes: [],
  rules: [],
  reasons: ['not_permitted'],
  obligations: [],
  context: {},
  digests: { policy: '', schema: '', classification: '', declaration: '', settings: '', build: '' },
  personal: {},
}
