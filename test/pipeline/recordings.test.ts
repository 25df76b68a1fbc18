import { describe, expect, it } from 'vitest'
import { Problem } from '../../shared/errors/problem.ts'
import { answerRecording } from '../../shared/http/recording-answer.ts'
import type { Principal } from '../../shared/identity/principal.ts'
import {
  alice,
  approvers,
  createWorld,
  type Faults,
  inboundFor,
  run,
  secrets,
  tid,
  type World,
} from '../support/line-world.ts'

const record = { decide: () => ({ obligations: [{ kind: 'record' as const }] }) }
const auditor: Principal = {
  ...alice,
  oid: 'a0000000-0000-4000-8000-000000000003',
  actor: approvers.consoleClientId,
  scopes: ['control'],
  roles: ['Countersign.Auditor'],
}
const outcomes = (world: World) => world.rows.flatMap((row) => (row.kind === 'outcome' ? [row.facts] : []))
const decisions = (world: World) => world.rows.flatMap((row) => (row.kind === 'intent' ? [row.facts.decisionId] : []))

async function recorded(faults: Faults = {}) {
  const world = createWorld({ faults: { ...record, ...faults } })
  const ending = await run(world, inboundFor('getItem', { id: '7' }))
  return { world, ending, decisionId: decisions(world)[0] ?? '' }
}

/** Asks for a recording as somebody. */
async function ask(world: World, decisionId: string, who: Partial<Principal> = {}) {
  const ports = {
    ...world.ports,
    verifyAny: async () => ({ ...(await world.ports.verifyAny({} as never)), principal: { ...auditor, ...who } }),
  }
  const inbound = { ...inboundFor(decisionId), operation: decisionId }
  try {
    const { status, body } = await answerRecording(inbound, { ports, approvers })
    return { status, code: 'ok', body: JSON.parse(body) }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return { status: error.status, code: error.code }
  }
}

describe('a call that policy wants recorded', () => {
  it('is kept before its outcome stands in the book, which names it', async () => {
    const { world, ending, decisionId } = await recorded()
    expect(ending.code).toBe('ok')
    expect(world.used.slice(-2)).toEqual(['recording', 'outcome'])
    const { body } = await ask(world, decisionId)
    expect(outcomes(world)[0]?.recording).toBe(body.digest)
    expect(body.recorded).toMatchObject({ backend: 'line-backend', operation: 'getItem', inputs: { id: '7' } })
  })

  it('is kept as it was masked', async () => {
    const call = () => ({ data: { secret: secrets.data, plain: 'shown' } })
    const world = createWorld({ faults: { ...record, call } })
    const { answer } = await run(world, inboundFor('runText', { sql: 'SELECT 1' }))
    const { body } = await ask(world, decisions(world)[0] ?? '')
    expect(body.recorded.data).toEqual(JSON.parse(answer?.body ?? '{}').data)
    expect(body.recorded.masked).toHaveLength(2)
    expect(JSON.stringify(body)).not.toContain(secrets.data)
  })

  it('is not answered where it cannot be kept, and the book says that it was called', async () => {
    const fail = () => {
      throw new Error('the table is away')
    }
    const { world, ending } = await recorded({ recording: fail })
    expect([ending.status, ending.code, ending.answer?.body.includes(secrets.data)]).toEqual([
      503,
      'audit_unavailable',
      false,
    ])
    expect(outcomes(world)).toMatchObject([{ status: 'called', code: 'audit_unavailable' }])
    expect(outcomes(world)[0]).not.toHaveProperty('recording')
  })

  it.each<[string, Faults]>([
    ['without the obligation', { decide: () => ({}) }],
    ['that is denied', { decide: () => ({ ...record.decide(), verdict: 'deny' }) }],
    ['that failed', { call: () => Promise.reject(new Problem('backend_failed', 'no', { reason: 'unknown:down' })) }],
  ])('leaves none %s', async (_what, faults) => {
    const { world, decisionId } = await recorded(faults)
    expect([world.used.includes('recording'), (await ask(world, decisionId)).code]).toEqual([
      false,
      'operation_unknown',
    ])
  })
})

describe('the route of recordings', () => {
  it.each<[string, Partial<Principal>, string]>([
    ['an auditor at the console', {}, 'ok'],
    ['an auditor through an agent', { actor: alice.actor }, 'human_required'],
    ['an application', { kind: 'app' }, 'human_required'],
    ['an agent for the auditor', { kind: 'agent-for-person' }, 'human_required'],
    ['a guest', { guest: true }, 'guest_not_allowed'],
    ['an auditor without control', { scopes: ['access_as_user'] }, 'scope_insufficient'],
    ['an operator', { roles: ['Countersign.Operator'] }, 'policy_denied'],
    ['an auditor of another tenant', { tid: '22222222-2222-4222-8222-222222222222' }, 'operation_unknown'],
  ])('answers %s', async (_who, who, code) => {
    const { world, decisionId } = await recorded()
    expect((await ask(world, decisionId, who)).code).toBe(code)
    expect(world.events).toHaveLength(code === 'ok' ? 1 : 0)
  })

  it('says in the book who read what, before it shows it', async () => {
    const { world, decisionId } = await recorded()
    const { body } = await ask(world, decisionId)
    const detail = { what: 'recording', tid, oid: auditor.oid, azp: auditor.actor, decisionId, digest: body.digest }
    expect(world.events).toEqual([{ kind: 'read', detail }])
  })

  it('draws a page for a browser, on which every value is text', async () => {
    const hostile = '<img src=x onerror=alert(1)>'
    const call = () => ({ data: { columns: [hostile, 'n'], rows: [['<b>x</b>', 3]] } })
    const world = createWorld({ faults: { ...record, call } })
    await run(world, inboundFor('getItem', { id: '7' }))
    const ports = {
      ...world.ports,
      verifyAny: async () => ({ ...(await world.ports.verifyAny({} as never)), principal: auditor }),
    }
    const decisionId = decisions(world)[0] ?? ''
    const inbound = { ...inboundFor(decisionId), operation: decisionId, headers: { accept: 'text/html' } }
    const { headers, body } = await answerRecording(inbound, { ports, approvers })
    expect(headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', vary: 'accept' })
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(body).toContain('&lt;b&gt;x&lt;/b&gt;')
    expect([...body.matchAll(/<(script|img|b|iframe|a)\b/g)]).toEqual([])
    expect(body).toContain(decisionId)
  })

  it('shows nothing where that cannot be written', async () => {
    const { world, decisionId } = await recorded({
      event: () => {
        throw new Problem('audit_unavailable', 'away')
      },
    })
    expect(await ask(world, decisionId)).toEqual({ status: 503, code: 'audit_unavailable' })
  })

  it.each(['', 'apr_1', "x' or '1'='1", '00000000-0000-4000-8000-ffffffffffff'])('knows no %j', async (id) => {
    const { world } = await recorded()
    expect((await ask(world, id)).code).toBe('operation_unknown')
  })
})
