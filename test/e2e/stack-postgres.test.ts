import { readFile, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Entra, startEntra } from '../../infra/local/entra/stand-in.ts'
import { type PersonaName, personas, tenants } from '../../infra/local/personas.ts'
import { type Database, startDatabase } from '../../infra/local/postgres/database.ts'
import { type Front, postgresAudience, startFront } from '../../infra/local/postgres/front.ts'
import { databasePeople } from '../../infra/local/postgres/roles.ts'
import { asOwner } from '../../infra/local/postgres/server.ts'
import { classification } from '../../infra/local/stack/classification.ts'
import { isAlive } from '../../infra/local/stack/local-folder.ts'
import { makeRunFolder } from '../../infra/local/stack/scratch.ts'
import { type Certificates, makeCertificates } from '../../infra/local/tls/certificates.ts'

let run: string
let certificates: Certificates
let entra: Entra
let database: Database
let front: Front

beforeAll(async () => {
  run = makeRunFolder()
  certificates = await makeCertificates(['127.0.0.1', 'localhost'])
  entra = await startEntra()
  database = await startDatabase({ run, people: databasePeople })
  front = await startFront({
    socket: join(database.sockets, '.s.PGSQL.5432'),
    certificate: certificates,
    homeTenant: tenants.home,
    verifyToken: (token) => entra.verifyAccessToken(token, { audience: postgresAudience }),
  })
})

afterAll(async () => {
  await front?.stop()
  await database?.stop()
  await entra?.stop()
  await rm(run, { recursive: true, force: true })
})

type Overrides = Readonly<Record<string, unknown>>

function tokenOf(persona: PersonaName, overrides: Overrides = {}): string {
  const forDatabase = { version: 1, aud: postgresAudience, scope: 'user_impersonation' } as const
  return entra.mint(persona, { ...forDatabase, ...overrides }).token
}

function clientFor(user: string, password: string, options: Overrides = {}): Client {
  const ssl = { ca: certificates.ca }
  const place = { host: '127.0.0.1', port: front.port, database: 'countersign' }
  const client = new Client({ ...place, user, password, ssl, application_name: 'countersign-test', ...options })
  client.on('error', () => undefined)
  return client
}

async function asPerson<T>(persona: PersonaName, use: (client: Client) => Promise<T>): Promise<T> {
  const client = clientFor(personas[persona].username, tokenOf(persona))
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

const rows = (persona: PersonaName, sql: string) =>
  asPerson(persona, async (client) => (await client.query(sql)).rows as Record<string, unknown>[])

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => ({ code: 'no error' }),
    (reason: { code?: string }) => reason,
  )
  return error.code ?? 'no code'
}

describe('the embedded database', () => {
  it.each([
    ['alice', ['EMEA']],
    ['bob', ['US']],
    ['carol', ['APAC', 'EMEA', 'US']],
  ] as const)('shows %s only the rows of %j', async (persona, regions) => {
    const found = await rows(persona, 'SELECT DISTINCT region FROM sales.orders ORDER BY region')
    expect(found.map((row) => row.region)).toEqual(regions)
    const customers = await rows(persona, 'SELECT DISTINCT region FROM sales.customers ORDER BY region')
    expect(customers.map((row) => row.region)).toEqual(regions)
    const [lines] = await rows(persona, 'SELECT count(*)::int AS n FROM sales.order_lines')
    expect(lines?.n).toBeGreaterThan(200)
  })

  it('sees the person as session user, who can neither become another role nor the group', async () => {
    const seen = await rows('alice', 'SELECT session_user, current_user')
    expect(seen).toEqual([{ session_user: personas.alice.username, current_user: personas.alice.username }])
    const others = [personas.bob.username, 'countersign_owner', 'analysts', 'hr_staff']
    for (const role of others) {
      expect(await codeOf(rows('alice', `SET ROLE "${role}"`)), role).toBe('42501')
      expect(await codeOf(rows('alice', `SET SESSION AUTHORIZATION "${role}"`)), role).toBe('42501')
    }
  })

  it('gives no role any power over the server', async () => {
    const strong = await rows(
      'alice',
      `SELECT rolname FROM pg_roles WHERE rolname LIKE '%@%'
         AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)`,
    )
    expect(strong).toEqual([])
    expect(await codeOf(rows('alice', "SELECT pg_read_file('/etc/passwd')"))).toBe('42501')
    expect(await codeOf(rows('alice', "COPY sales.orders TO PROGRAM 'true'"))).toBe('42501')
    expect(await codeOf(rows('alice', 'CREATE TABLE public.mine (a int)'))).toBe('42501')
  })

  it.each([
    ['bob', 'DELETE FROM sales.orders WHERE id = 1', '42501'],
    ['alice', 'UPDATE hr.employees SET salary_eur = 1', '42501'],
    ['alice', 'UPDATE sales.products SET price_eur = 1', '42501'],
    ['alice', "INSERT INTO access.person_region VALUES ('alice@countersign.example', 'US')", '42501'],
    [
      'alice',
      "INSERT INTO sales.orders (customer_id, region, ordered_on, status) VALUES (1, 'US', now(), 'open')",
      '42501',
    ],
    ['dave', 'SELECT * FROM sales.orders', '42501'],
    ['erin', 'SELECT * FROM sales.orders', '42501'],
    ['heidi', 'SELECT * FROM sales.orders', '42501'],
    ['bob', 'TRUNCATE sales.orders', '42501'],
  ] as const)('refuses %s: %s', async (persona, sql, code) => {
    expect(await codeOf(rows(persona, sql))).toBe(code)
  })

  it('lets an analyst add and change orders of the own region, and carol delete one', async () => {
    const [made] = await rows(
      'alice',
      `INSERT INTO sales.orders (customer_id, region, ordered_on, status)
       SELECT min(id), 'EMEA', date '2026-11-01', 'open' FROM sales.customers RETURNING id`,
    )
    const hidden = await rows('bob', `UPDATE sales.orders SET status = 'paid' WHERE id = ${made?.id} RETURNING id`)
    expect(hidden).toEqual([])
    const deleted = await rows('carol', `DELETE FROM sales.orders WHERE id = ${made?.id} RETURNING status`)
    expect(deleted).toEqual([{ status: 'open' }])
  })

  it('shows of the employees oneself and who reports to one, and everybody to hr', async () => {
    const seen = await rows('alice', 'SELECT id, manager FROM hr.employees')
    expect(seen.length).toBeGreaterThan(10)
    expect(seen.every((row) => row.id === 1 || row.manager === 1)).toBe(true)
    const [all] = await rows('heidi', 'SELECT count(*)::int AS n FROM hr.employees')
    expect(all?.n).toBe(147)
  })

  it('has a label for every column of the tables that are classified', async () => {
    const columns = `SELECT table_schema || '.' || table_name || '.' || column_name AS name
      FROM information_schema.columns WHERE (table_schema, table_name) IN (('sales', 'customers'), ('hr', 'employees'))`
    const found: unknown = await asOwner(database.sockets, 'countersign', async (client) => {
      return (await client.query(columns)).rows.map((row: { name: string }) => row.name).sort()
    })
    expect(found).toEqual(Object.keys(classification).sort())
  })

  it('ends a statement that runs longer than its limit', async () => {
    const code = await asPerson('alice', async (client) => {
      expect((await client.query('SHOW statement_timeout')).rows).toEqual([{ statement_timeout: '30s' }])
      await client.query("SET statement_timeout = '50ms'")
      return codeOf(client.query('SELECT pg_sleep(5)'))
    })
    expect(code).toBe('57014')
  })

  it('logs role, application name and statement', async () => {
    await rows('bob', "SELECT 'marker-of-bob'")
    const log = await readFile(database.log, 'utf8')
    const line = log.split('\n').find((text) => text.includes('marker-of-bob')) ?? ''
    expect(line).toContain(`user=${personas.bob.username}`)
    expect(line).toContain('app=countersign-test')
    expect(log).not.toMatch(/eyJ[\w-]+\./)
  })

  it('cancels a running statement at the wish of its client', async () => {
    const client = clientFor(personas.alice.username, tokenOf('alice'))
    const keys = new Promise<{ processID: number; secretKey: number }>((resolve) => {
      const { connection } = client as unknown as { connection: NodeJS.EventEmitter }
      connection.once('backendKeyData', resolve)
    })
    await client.connect()
    const { processID, secretKey } = await keys
    const sleeping = codeOf(client.query('SELECT pg_sleep(20)'))
    const packet = Buffer.alloc(16)
    for (const [at, value] of [16, 80877102, processID].entries()) packet.writeUInt32BE(value, at * 4)
    packet.writeInt32BE(secretKey, 12)
    setTimeout(() => connect(front.port, '127.0.0.1').end(packet), 200)
    expect(await sleeping).toBe('57014')
    await client.end()
  })
})

describe('the sign-in of the embedded database', () => {
  const alice = personas.alice.username
  const unsigned = (token: string) => `${token.split('.').slice(0, 2).join('.')}.`

  const attempts: [string, string, () => string][] = [
    ['another person’s token', alice, () => tokenOf('bob')],
    ['the name in other letter case', alice.toUpperCase(), () => tokenOf('alice')],
    ['an expired token', alice, () => tokenOf('alice', { ttl: -3600 })],
    ['a token without signature', alice, () => unsigned(tokenOf('alice'))],
    ['a token for another audience', alice, () => tokenOf('alice', { aud: 'https://graph.microsoft.com' })],
    ['a token for the gateway', alice, () => entra.mint('alice').token],
    ['a token of another tenant', alice, () => tokenOf('mallory', { upn: alice, unique_name: alice })],
    ['a token without delegation', alice, () => tokenOf('alice', { scp: null })],
    ['no token at all', alice, () => 'postgres'],
    ['the owner of the database', 'countersign_owner', () => tokenOf('alice')],
  ]
  it.each(attempts)('refuses %s', async (_what, user, token) => {
    const client = clientFor(user, token())
    expect(await codeOf(client.connect())).toBe('28P01')
    await client.end()
  })

  it('refuses a good token of somebody who has no role', async () => {
    const client = clientFor(personas.sidekick.username, tokenOf('sidekick'))
    expect(await codeOf(client.connect())).toBe('28000')
    await client.end()
  })

  it('refuses a connection without TLS, and never sees its token', async () => {
    const client = clientFor(alice, tokenOf('alice'), { ssl: false })
    expect(await codeOf(client.connect())).toBe('28000')
    await client.end()
  })

  it('is refused by a client that does not know its authority', async () => {
    const client = clientFor(alice, tokenOf('alice'), { ssl: {} })
    expect(await codeOf(client.connect())).toMatch(/UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN/)
  })

  it('drops a connection that sends bytes ahead of the TLS handshake', async () => {
    const socket = connect(front.port, '127.0.0.1')
    const request = Buffer.alloc(12)
    request.writeUInt32BE(8, 0)
    request.writeUInt32BE(80877103, 4)
    socket.write(request)
    const answered = await new Promise<number>((resolve) => {
      let size = 0
      socket.on('data', (chunk) => {
        size += chunk.length
      })
      socket.on('close', () => resolve(size))
      socket.on('error', () => undefined)
    })
    expect(answered).toBe(0)
  })

  it('lets a role neither keep nor use a password of its own', async () => {
    await rows('dave', `ALTER ROLE "${personas.dave.username}" PASSWORD 'known'`)
    const client = clientFor(personas.dave.username, 'known')
    expect(await codeOf(client.connect())).toBe('28P01')
    await client.end()
  })
})

describe('the database server', () => {
  it('has no network port and leaves no process when it is stopped', async () => {
    const room = makeRunFolder()
    const second = await startDatabase({ run: room, people: databasePeople })
    const listening = await asOwner(second.sockets, 'postgres', async (client): Promise<unknown> => {
      return (await client.query('SHOW listen_addresses')).rows
    })
    expect(listening).toEqual([{ listen_addresses: '' }])
    await second.stop()
    expect(isAlive(second.pid)).toBe(false)
    await rm(room, { recursive: true, force: true })
  })

  it('keeps its data in the kept folder over a stop', async () => {
    const keep = makeRunFolder()
    const start = async () => {
      const room = makeRunFolder()
      return { room, server: await startDatabase({ run: room, keep, people: databasePeople }) }
    }
    const first = await start()
    const change = "UPDATE sales.customers SET name = 'Kept Name' WHERE id = 7"
    await asOwner(first.server.sockets, 'countersign', (client) => client.query(change))
    await first.server.stop()
    const second = await start()
    const found = await asOwner(second.server.sockets, 'countersign', async (client): Promise<unknown> => {
      return (await client.query('SELECT name FROM sales.customers WHERE id = 7')).rows
    })
    await second.server.stop()
    for (const folder of [keep, first.room, second.room]) await rm(folder, { recursive: true, force: true })
    expect(found).toEqual([{ name: 'Kept Name' }])
  })
})
