import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import type { Backend } from '../../../shared/backend/define.ts'
import { readBackendChallenge } from '../../../shared/identity/backend-challenge.ts'
import type { Json } from '../../../shared/pipeline/ports.ts'
import { athena } from '../../../shared/upstream/aws-athena.ts'
import { packSession } from '../../../shared/upstream/aws-credentials.ts'
import { createAwsFetch } from '../../../shared/upstream/aws-fetch.ts'
import { redshift } from '../../../shared/upstream/aws-redshift.ts'
import { signAws } from '../../../shared/upstream/aws-signature.ts'
import { factsOfFailure } from '../../../shared/upstream/failure.ts'
import { createWarehouseExecutor } from '../../../shared/upstream/warehouse.ts'
import { bigquery } from '../../../shared/upstream/warehouse-bigquery.ts'
import { snowflake } from '../../../shared/upstream/warehouse-snowflake.ts'
import { aws, createAws } from '../../support/foreign-aws.ts'
import { alice, bob, entraToken, type Person, personOf, principalOf, tid } from '../../support/foreign-people.ts'
import { loadFunctions } from '../../support/line-declarations.ts'
import { keepProofs } from '../../support/proofs.ts'
import { directorySpec, judgedBy, publishedSpec } from '../../support/specs/sources.ts'
import {
  athenaProtocol,
  bigqueryProtocol,
  createWarehouse,
  redshiftProtocol,
  snowflakeProtocol,
} from '../../support/warehouse-protocols.ts'
import { judged, makeCall, makeToken, principal, problemOf } from './calls.ts'

const declared = new Map((await loadFunctions()).map((backend) => [backend.name, backend]))
const proofs = keepProofs(import.meta.url)
const drivers = { athena, bigquery, redshift, snowflake }

/** A place: what is configured, which operations play which part, and who a request's token is of. */
function openAws(service: 'athena' | 'redshift-data') {
  const account = createAws(Date.now)
  const sign: Parameters<typeof createAwsFetch>[1] = (request, session) => signAws(request, session, Date.now())
  const tokenOf = (person: Person) => {
    const id = `ASIA${person.oid.slice(-1)}`
    const own = {
      id,
      secret: `secret-${person.oid}`,
      token: `token-${person.oid}`,
      role: aws.personRole,
      name: person.oid,
      person,
    }
    account.state.sessions.set(id, own)
    const credentials = {
      accessKeyId: id,
      secretAccessKey: own.secret,
      sessionToken: own.token,
      expiresAt: Date.now() + 9e5,
    }
    return packSession({ ...credentials, service, region: aws.region })
  }
  return {
    baseUrl: `https://${service}.eu-central-1.amazonaws.com`,
    tokenOf,
    wrap: (fetch: typeof globalThis.fetch) => createAwsFetch(fetch, sign),
    personOf: ({ method, full, headers, body }: { method: string; full: URL; headers: object; body: string }) =>
      account.signedBy({ method, url: full, headers: new Headers(headers as Record<string, string>), body }, service)
        ?.person ?? undefined,
  }
}

function openEntra(baseUrl: string, audience: string) {
  return {
    baseUrl,
    tokenOf: (person: Person) => entraToken(person, audience),
    wrap: (fetch: typeof globalThis.fetch) => fetch,
    personOf: ({ headers }: { headers: object }) =>
      personOf(String((headers as Record<string, string>).authorization).replace('Bearer ', ''), audience),
  }
}

const google = {
  project: 'acme',
  userProject: 'quota-1',
  pool: 'people',
  location: 'EU',
  maximumBytesBilled: '1000000',
}
const cases = [
  {
    name: 'snowflake',
    document: () => publishedSpec('snowflake-sqlapi.yaml'),
    protocol: snowflakeProtocol,
    place: () => openEntra('https://acme-eu.snowflakecomputing.com', 'api://snowflake'),
    values: { users: 'sign-in-names', warehouse: 'WH', role: 'ANALYST' },
    operations: {
      read: 'executeStatement',
      write: 'executeWriteStatement',
      destroy: 'executeDestructiveStatement',
      get: 'getStatement',
      cancel: 'cancelStatement',
    },
    proven: true,
  },
  {
    name: 'bigquery',
    document: () => directorySpec('googleapis.com/bigquery'),
    protocol: bigqueryProtocol,
    place: () => openEntra('https://bigquery.googleapis.com/bigquery/v2', 'api://google'),
    values: google,
    // Made of Google's discovery document, which says of inserting a job how to upload a file, and of no failure.
    except: [
      'body: the content type application/json is not documented',
      ...[400, 401, 404, 409].map((status) => `answer: the status ${status} is not documented`),
    ],
    operations: {
      read: 'query',
      write: 'insertJob',
      destroy: 'insertDestructiveJob',
      get: 'getQueryResults',
      cancel: 'cancelJob',
    },
    proven: true,
  },
  {
    name: 'aws-athena',
    document: () => directorySpec('amazonaws.com/athena'),
    protocol: athenaProtocol,
    place: () => openAws('athena'),
    values: { workgroup: 'people' },
    operations: {
      read: 'startQueryExecution',
      write: 'startWriteQuery',
      destroy: 'startDestructiveQuery',
      get: 'getQueryResults',
      cancel: 'stopQueryExecution',
    },
    proven: false,
  },
  {
    name: 'aws-redshift-data',
    document: () => directorySpec('amazonaws.com/redshift-data'),
    protocol: redshiftProtocol,
    place: () => openAws('redshift-data'),
    values: { workgroup: 'people', users: 'sign-in-names' },
    operations: {
      read: 'executeStatement',
      write: 'executeWriteStatement',
      destroy: 'executeDestructiveStatement',
      get: 'getStatementResult',
      cancel: 'cancelStatement',
    },
    proven: true,
  },
] as const

type Case = (typeof cases)[number]
/** What all have, and by its own name what one has. */
type Part = keyof Case['operations'] | 'listTables' | 'describeTable'
type Inputs = Readonly<Record<string, Json>>

async function open(of: Case, deadlineMs = 30_000) {
  const place = of.place()
  const { world, fetch } = createWarehouse(of.protocol, {
    document: await of.document(),
    personOf: place.personOf,
    ...('except' in of ? { except: of.except } : {}),
  })
  const waited: number[] = []
  const executor = createWarehouseExecutor({
    fetch: place.wrap(fetch),
    clock: Date.now,
    parseChallenge: readBackendChallenge,
    drivers,
    settingsFor: () => ({ baseUrl: place.baseUrl, database: 'SALES', values: of.values }),
    handleKey: async () => new Uint8Array(32),
    pause: async (ms, signal) => {
      waited.push(ms)
      if (waited.length > 4000) throw new Error('waits without end')
      await new Promise((resolve) => setTimeout(resolve, 1))
      signal.throwIfAborted()
    },
    deadlineMs,
    graceMs: 200,
  })
  const backend = declared.get(of.name) as Backend
  const nameOf = (part: Part) => of.operations[part as keyof Case['operations']] ?? part
  const prepare = (
    person: Person,
    part: Part,
    { token, rowLimit, ...inputs }: Inputs & { token?: string; rowLimit?: number },
  ) => {
    const operation = backend.operations[nameOf(part)]!
    const text = inputs.statement
    const effect = part === 'get' ? 'read' : operation.effect
    const made = makeCall({
      operation,
      backend,
      inputs,
      effect,
      ...(typeof text === 'string' ? { statement: judged(text, { effect }) } : {}),
      principal: { ...principal, ...principalOf(person), tid },
      token: makeToken(token ?? place.tokenOf(person), { tid, oid: person.oid }),
      ...(rowLimit === undefined ? {} : { rowLimit }),
    })
    // As the line makes it: the same for the caller's own repeat, and for no other.
    return { ...made, idempotencyKey: randomUUID() }
  }
  const callAs = async (...asked: Parameters<typeof prepare>) => {
    const before = world.excepted
    const answer = await executor.call(prepare(...asked))
    // That no other fault was found, the end of each test says.
    if (world.excepted === before) proofs.note('official-spec', of.name, nameOf(asked[1]))
    return answer
  }
  return { world, callAs, place }
}

const statement = 'select region from sales'

describe.each(cases)('$name', (of) => {
  const test = of.name === 'snowflake' ? judgedBy('snowflake-sqlapi.yaml') : it
  let opened: Awaited<ReturnType<typeof open>> | undefined
  const start = async (deadlineMs?: number) => {
    opened = await open(of, deadlineMs)
    return opened
  }
  afterEach(() => {
    const found = opened?.world.faults ?? []
    opened = undefined
    // Whatever a test asked, the publisher's document has to agree with requests and answers alike.
    expect(found).toEqual([])
  })

  test('gives two people their own rows', async () => {
    const { callAs } = await start()
    const [hers, his] = [await callAs(alice, 'read', { statement }), await callAs(bob, 'read', { statement })]
    expect([hers.data, his.data]).toMatchObject([{ rows: [['EMEA']] }, { rows: [['US']] }])
    expect(hers.identity).toMatchObject(
      of.proven ? { source: 'backend', matches: true } : { source: 'token', matches: null },
    )
  })

  test('refuses a token of nobody', async () => {
    const { callAs, place } = await start()
    const token = of.name.startsWith('aws') ? place.tokenOf(alice).replace(/.{8}$/, '') : 'nobody'
    const work = callAs(alice, 'read', { statement, token })
    await expect(
      of.name.startsWith('aws') ? work.catch((error: Error) => error.name) : problemOf(work),
    ).resolves.toBeDefined()
  })

  test('counts the rows of a change, and shows none', async () => {
    const { callAs } = await start()
    const answer = await callAs(alice, 'write', { statement: 'insert into sales values (1)' })
    expect(answer).toMatchObject({ data: { columns: [], rows: [], rowCount: 2 }, rows: 2 })
  })

  test('counts the rows that are deleted', async () => {
    const { callAs } = await start()
    const answer = await callAs(alice, 'destroy', { statement: 'delete from sales where region = 1' })
    expect(answer).toMatchObject({ data: { columns: [], rows: [], rowCount: 2 }, rows: 2 })
  })

  if (of.name === 'aws-redshift-data')
    test('says what there is', async () => {
      const { callAs } = await start()
      const tables = await callAs(alice, 'listTables', { schema: 'public' })
      const columns = await callAs(alice, 'describeTable', { schema: 'public', table: 'orders' })
      expect([tables.rows, columns.rows]).toEqual([1, 1])
    })

  test('gathers pages up to the limit and says that there was more', async () => {
    const { callAs } = await start()
    const [all, some] = [
      await callAs(alice, 'read', { statement: 'select many from sales' }),
      await callAs(alice, 'read', { statement: 'select many from sales', rowLimit: 12 }),
    ]
    expect(all).toMatchObject({ rows: 25, truncated: false })
    expect((all.data as { rows: Json[][] }).rows.at(-1)).toEqual([24])
    expect(some).toMatchObject({ rows: 12, truncated: true })
  })

  test('hands out a handle that only the same person and statement can use', async () => {
    const { callAs, world } = await start()
    const text = 'select slow from sales'
    const { data } = await callAs(alice, 'read', { statement: text, wait: 0 })
    const { handle } = data as { handle: string }
    expect(data).toMatchObject({ state: 'RUNNING', rows: [] })
    const others = [
      problemOf(callAs(bob, 'get', { statement: text, handle })),
      problemOf(callAs(alice, 'get', { statement, handle })),
      problemOf(callAs(alice, 'get', { statement: text, handle: `${handle}x` })),
    ]
    expect((await Promise.all(others)).map(({ code }) => code)).toEqual(Array(3).fill('input_invalid'))
    const job = [...world.jobs.all.values()].find((each) => each.text === text)!
    job.state = 'done'
    expect(await callAs(alice, 'get', { statement: text, handle })).toMatchObject({ data: { rows: [['EMEA']] } })
  })

  test('cancels a query of the own', async () => {
    const { callAs, world } = await start()
    const { data } = await callAs(alice, 'read', { statement: 'select slow from sales', wait: 0 })
    const { handle } = data as { handle: string }
    await callAs(alice, 'cancel', { handle })
    expect([...world.jobs.all.values()].find(({ text }) => /slow/.test(text))?.state).toBe('cancelled')
  })

  test('cancels what takes too long', async () => {
    const { callAs, world } = await start(300)
    const problem = await problemOf(callAs(alice, 'write', { statement: 'insert slow into sales values (1)' }))
    expect(problem.code).toBe('backend_timeout')
    expect([...world.jobs.all.values()].find(({ text }) => /slow/.test(text))?.state).toBe('cancelled')
  })

  test('says that a statement failed, and nothing of what the warehouse wrote', async () => {
    const { callAs } = await start()
    const problem = await problemOf(callAs(alice, 'write', { statement: 'insert broken into sales values (1)' }))
    expect(problem).toMatchObject({ code: 'backend_rejected' })
    expect(problem.reason).not.toMatch(/^unknown:/)
  })

  if (of.proven)
    test('refuses to change anything where the warehouse sees somebody else', async () => {
      const { callAs, world } = await start()
      world.jobs.as = () => bob
      const problem = await problemOf(callAs(alice, 'write', { statement: 'insert into sales values (1)' }))
      expect(problem.code).toBe('identity_mismatch')
      expect(factsOfFailure(problem)?.identity).toMatchObject({ source: 'backend', matches: false })
      expect([...world.jobs.all.values()].filter(({ text }) => /insert/.test(text))).toEqual([])
    })

  test('asks who it is before each change, with the same token', async () => {
    const { callAs, world } = await start()
    for (let n = 0; n < 2; n += 1) await callAs(alice, 'write', { statement: 'insert into sales values (1)' })
    const asked = [...world.jobs.all.values()].filter(({ text }) => /_user/i.test(text)).length
    expect(asked).toBe(of.proven ? 2 : 0)
  })

  test('names the decision where its own log keeps it', async () => {
    const { callAs, world } = await start()
    await callAs(alice, 'read', { statement })
    for (const headers of world.headers) expect(headers.get('user-agent')).toContain('decision/0190b5a4-7c1e')
  })

  const refusals = [
    [401, 'backend_rejected_token'],
    [403, 'backend_rejected'],
    [429, 'backend_rejected'],
    [500, 'backend_failed'],
    [302, 'backend_failed'],
  ] as const
  for (const [status, code] of refusals) {
    test(`tells what a ${status} is`, async () => {
      const { callAs, world } = await open(of)
      world.fault = new Response(null, { status, headers: { location: 'https://elsewhere.example/' } })
      const problem = await problemOf(callAs(alice, 'read', { statement }))
      expect(problem.code).toBe(code)
      expect(world.asked.length).toBeLessThan(3)
    })
  }
})
