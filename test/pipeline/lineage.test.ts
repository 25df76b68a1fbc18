import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { type Backend, defineBackend, rest } from '../../shared/backend/define.ts'
import { Problem } from '../../shared/errors/problem.ts'
import { readBackendChallenge } from '../../shared/identity/backend-challenge.ts'
import type { ExchangedToken, Principal } from '../../shared/identity/principal.ts'
import { createLine } from '../../shared/pipeline/create-line.ts'
import { handle } from '../../shared/pipeline/handle.ts'
import type { Ports } from '../../shared/pipeline/line.ts'
import { writeLineage } from '../../shared/pipeline/lineage.ts'
import { assertLineage, type Lineage, lineageOf } from '../../shared/pipeline/lineage-settings.ts'
import type { SideLine } from '../../shared/pipeline/side-call.ts'
import type { Permitted } from '../../shared/pipeline/stages.ts'
import type { PolicyRequest } from '../../shared/policy/decision.ts'
import { createRestExecutor } from '../../shared/upstream/rest.ts'
import { parseXml } from '../../shared/upstream/xml-reader.ts'
import { loadFunctions } from '../support/line-declarations.ts'
import { alice, createWorld, inboundFor, noon } from '../support/line-world.ts'
import { answerWith, openSite, type Site } from '../support/rest-world.ts'

const bob: Principal = { ...alice, oid: 'a0000000-0000-4000-8000-000000000002' }
const wait = { timeout: 15_000, interval: 10 }
const written = { mutatedEntities: {}, guidAssignments: {} }
const lineage: Lineage = {
  to: 'purview-datamap',
  person: 'oid',
  of: { 'line-backend': { typeName: 'azure_postgresql_table', qualifiedName: 'postgresql://db.example/shop/{0}/{1}' } },
}
const data = defineBackend({
  name: 'line-backend',
  title: 'Backend whose calls are told to the map',
  scope: 'configured',
  hostSuffixes: { public: [], usgov: [], china: [] },
  operations: {
    query: {
      summary: 'Run one statement',
      effect: 'write',
      inputs: () => z.strictObject({ sql: z.string() }),
      statement: { input: 'sql', dialect: 'postgres' },
      call: rest({ method: 'GET', path: '/query', parameters: [] }),
    },
  },
})

let purview: Backend
let site: Site | undefined
beforeAll(async () => {
  purview = (await loadFunctions()).find(({ name }) => name === 'purview-datamap') as Backend
})
afterEach(() => {
  site?.close()
  site = undefined
})

interface Scene {
  readonly reply?: Site['reply']
  readonly lineage?: Partial<Lineage>
  readonly decide?: (request: PolicyRequest) => object
  readonly ports?: Partial<Ports>
}

/** The line over a data backend in memory and a map that a server stands in for, reached by the real executor. */
async function open(scene: Scene = {}) {
  const opened = await openSite(scene.reply ?? answerWith(written))
  site = opened
  let who = alice
  const configured = new Map([data, purview].map((backend) => [backend.name, backend]))
  const { decide } = scene
  const faults = { verify: () => who, ...(decide === undefined ? {} : { decide }) }
  const world = createWorld({ configured, faults })
  const plain = world.ports.executors.get('rest')!
  const real = createRestExecutor({
    ...{ fetch, clock: Date.now, parseChallenge: readBackendChallenge, parseXml },
    settingsFor: () => ({ baseUrl: opened.url, values: {} }),
    handleKey: async () => new Uint8Array(32),
  })
  const call: typeof plain.call = (asked) => (asked.invocation.backend.name === purview.name ? real : plain).call(asked)
  const exchange: Ports['exchange'] = {
    exchange: async ({ principal: { tid, oid }, scope }) =>
      ({ value: `token-of-${oid}`, tid, oid, scope, expiresAt: noon + 3_600_000 }) as ExchangedToken,
    purge: () => undefined,
  }
  const understand: Ports['understand'] = async (_dialect, text) => ({
    ...{ text, effect: 'write', safeRead: false, statements: 1, dangers: [], outputs: null },
    ...{ reads: ['sales.orders', 'lonely'], writes: ['sales.totals'] },
  })
  const executors = new Map([['rest', { ...plain, call }]])
  const ports: Ports = { ...world.ports, executors, exchange, understand, deadlineMs: 20_000, ...scene.ports }
  const scopes = new Map([...world.deployment.scopes, [purview.name, 'https://purview.azure.net/.default']])
  const deployment = { ...world.deployment, scopes, lineage: { ...lineage, ...scene.lineage } }
  const line = createLine(ports, deployment, world.identification)
  return {
    ...{ world, line, ports, deployment, site: opened },
    call: async (as: Principal = alice) => {
      who = as
      const { status, body } = await handle(inboundFor('query', { sql: 'UPDATE' }), line)
      return { status, body: JSON.parse(body) as { meta?: { decisionId: string } } }
    },
    intents: () => world.rows.flatMap((row) => (row.kind === 'intent' ? [row.facts] : [])),
    outcomes: () => world.rows.flatMap((row) => (row.kind === 'outcome' ? [row.facts] : [])),
    lost: () => world.logged.filter(({ event }) => event === 'lineage_lost').map(({ fields }) => fields),
  }
}

const entityOf = (body: string) =>
  (JSON.parse(body) as { entities: { typeName: string; attributes: Record<string, unknown> }[] }).entities[0]

describe('lineage of a call', () => {
  it.each([
    ['alice', alice],
    ['bob', bob],
  ])('is written after its outcome, as %s, with rows of its own', async (_name, person) => {
    const given = await open()
    const { body } = await given.call(person)
    await expect.poll(() => given.outcomes().length, wait).toBe(2)
    const [asked] = given.site.asked
    expect(asked).toMatchObject({
      method: 'POST',
      url: '/datamap/api/atlas/v2/entity/bulk?api-version=2023-09-01',
      headers: { authorization: `Bearer token-of-${person.oid}` },
    })
    const table = (name: string) => ({
      typeName: 'azure_postgresql_table',
      uniqueAttributes: { qualifiedName: `postgresql://db.example/shop/sales/${name}` },
    })
    const { decisionId = '' } = body.meta ?? {}
    expect(entityOf(asked?.body ?? '')).toMatchObject({
      typeName: 'Process',
      attributes: {
        qualifiedName: `countersign://gateway.example/decisions/${decisionId}`,
        name: 'Countersign line-backend/query',
        description: expect.stringContaining(`person ${person.tid}/${person.oid}; agent ${person.actor}`),
        inputs: [table('orders')],
        outputs: [table('totals')],
      },
    })
    expect(given.world.rows.map(({ kind }) => kind)).toEqual(['intent', 'outcome', 'intent', 'outcome'])
    expect(given.intents()[1]).toMatchObject({
      ...{ backend: 'purview-datamap', operation: 'upsertEntities', effect: 'write', verdict: 'permit' },
      ...{ principal: { oid: person.oid }, traceId: given.intents()[0]?.traceId },
    })
    expect(given.intents()[1]?.decisionId).not.toBe(decisionId)
  })

  it('names a person by a pseudonym unless told otherwise: the same one, and another for another', async () => {
    const given = await open({ lineage: { person: 'pseudonym', collectionId: 'agents' } })
    for (const person of [alice, alice, bob]) await given.call(person)
    await expect.poll(() => given.site.asked.length, wait).toBe(3)
    const all = given.site.asked.map(({ body }) => body).join('')
    const names = [...all.matchAll(/person (p-[0-9a-f]{32});/g)].map(([, name]) => name)
    expect([names.length, new Set(names).size]).toEqual([3, 2])
    expect([all.includes(alice.oid), all.includes(bob.oid)]).toEqual([false, false])
    expect(given.site.asked[0]?.url).toContain('collectionId=agents')
  })

  it.each<[string, Site['reply']]>([
    ['is slow', () => undefined],
    ['fails', answerWith({}, 500)],
    ['is refused', answerWith({}, 403)],
    ['hangs up', (_asked, response) => void response.destroy()],
  ])('is in no way of the answer where the map %s', async (_how, reply) => {
    const given = await open({ reply })
    expect((await given.call()).status).toBe(200)
    expect(given.outcomes()).toMatchObject([{ status: 'called', code: 'ok' }])
    await expect.poll(() => given.site.asked.length, wait).toBeGreaterThan(0)
  })

  it.each<[string, Scene, string]>([
    ['Purview gives the person no right', { reply: answerWith({}, 403) }, 'backend_rejected'],
    [
      'policy does not permit it',
      { decide: ({ resource }) => (resource.backend === 'purview-datamap' ? deny : {}) },
      'policy_denied',
    ],
    [
      'policy wants it approved',
      { decide: ({ resource }) => (resource.backend === 'purview-datamap' ? { obligations: [demand] } : {}) },
      'policy_denied',
    ],
  ])('is given up at once, in the book and in the log, where %s', async (_why, scene, code) => {
    const given = await open(scene)
    const { body } = await given.call()
    await expect.poll(given.lost, wait).toEqual([{ decisionId: body.meta?.decisionId, code, attempts: 1 }])
    expect(given.outcomes()).toMatchObject([{ code: 'ok' }, { code }])
  })

  it.each<[string, Partial<Lineage>]>([
    ['another backend', { of: { 'azure-postgresql': lineage.of['line-backend']! } }],
    ['another operation', { of: { 'line-backend': { ...lineage.of['line-backend']!, operations: ['other'] } } }],
  ])('is not written where the deployment names %s', async (_what, changes) => {
    const given = await open({ lineage: changes })
    await given.call()
    await new Promise((resolve) => setImmediate(resolve))
    expect([given.site.asked, given.outcomes().length]).toEqual([[], 1])
  })

  it('is not written of a call that did not come off', async () => {
    const given = await open({ decide: () => deny })
    expect((await given.call()).status).toBe(403)
    await new Promise((resolve) => setImmediate(resolve))
    expect([given.site.asked, given.outcomes().length]).toEqual([[], 1])
  })
})

describe('lineage that fails', () => {
  /** A call that came off, as the line has it. */
  async function permitted({ line }: Awaited<ReturnType<typeof open>>): Promise<Permitted> {
    let made: Permitted | undefined
    const recordOutcome: SideLine['recordOutcome'] = async (stage) => {
      made = stage as Permitted
      throw new Error('enough is known')
    }
    await handle(inboundFor('query', { sql: 'UPDATE' }), { ...line, recordOutcome }).catch(() => undefined)
    return made as Permitted
  }

  /** The write itself, with pauses that no test waits for. */
  async function write(scene: Scene) {
    const given = await open(scene)
    const call = await permitted(given)
    const before = given.world.rows.length
    const { line, ports, deployment } = given
    await writeLineage(call, { line, ports, deployment, lineage, pauses: [1, 1] })
    return { ...given, rows: given.world.rows.slice(before).map(({ kind }) => kind) }
  }

  it.each<[string, Site['reply']]>([
    ['throttled', answerWith({}, 429, { 'retry-after': '0' })],
    ['down', answerWith({}, 503)],
    ['gone', (_asked, response) => void response.destroy()],
  ])('is tried three times while the map is %s, each in the book, and then given up', async (_how, reply) => {
    const { lost, outcomes, rows } = await write({ reply })
    expect(rows).toEqual(['intent', 'outcome', 'intent', 'outcome', 'intent', 'outcome'])
    expect(outcomes().every(({ code }) => code !== 'ok')).toBe(true)
    expect(lost()).toMatchObject([{ attempts: 3 }])
  })

  it('is written by the second attempt where the first was throttled, under the same name', async () => {
    let turn = 0
    const reply: Site['reply'] = (asked, response) => answerWith(written, ++turn === 1 ? 429 : 200)(asked, response)
    const { lost, outcomes, site: map } = await write({ reply })
    expect([lost(), outcomes().at(-1)?.code]).toEqual([[], 'ok'])
    const names = map.asked.map(({ body }) => entityOf(body)?.attributes.qualifiedName)
    expect([names.length, new Set(names).size]).toEqual([2, 1])
  })

  it('is written by nobody while the book cannot be', async () => {
    const given = await open()
    const { ports, deployment, world } = given
    const audit = { ...ports.audit, recordPermitted: fail }
    const line = createLine({ ...ports, audit }, deployment, world.identification)
    await writeLineage(await permitted(given), { line, ports, deployment, lineage, pauses: [] })
    expect(given.site.asked).toEqual([])
    expect(given.lost()).toMatchObject([{ code: 'audit_unavailable', attempts: 1 }])
  })
})

describe('settings of lineage', () => {
  const of = { 'line-backend': lineage.of['line-backend']! }
  it.each([
    ['a backend that is no map', () => data, { of }],
    ['calls of a backend that is not configured', () => purview, { of: { nowhere: of['line-backend'] } }],
    ['its own calls', () => purview, { of: { 'purview-datamap': of['line-backend'] } }],
  ])('stop the start where they name %s', (_what, backend, wanted) => {
    const given = { person: 'oid' as const, ...wanted }
    const configured = { 'line-backend': {}, 'purview-datamap': {} }
    expect(() => assertLineage(backend(), { lineage: given }, configured)).toThrow('COUNTERSIGN_BACKENDS')
  })

  it('are none where no backend has them', () => {
    expect([lineageOf({ a: {} }), lineageOf({ a: {}, p: { lineage: { person: 'oid', of } } })]).toEqual([
      {},
      { lineage: { to: 'p', person: 'oid', of } },
    ])
  })
})

const deny = { verdict: 'deny', reasons: ['not_permitted'] }
const demand = { kind: 'approval', rule: 'four-eyes', group: 'approvers', count: 1 }
const fail = () => Promise.reject(new Problem('audit_unavailable', 'Away.'))
