import { rm } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { personas, tenants } from '../../../infra/local/personas.ts'
import { type Database, startDatabase } from '../../../infra/local/postgres/database.ts'
import { databasePeople } from '../../../infra/local/postgres/roles.ts'
import { makeRunFolder } from '../../../infra/local/stack/scratch.ts'
import { startTds, type TdsOptions, type TdsServer } from '../../../infra/local/tds/server.ts'
import { type Certificates, makeCertificates } from '../../../infra/local/tls/certificates.ts'
import type { Effect } from '../../../shared/backend/effect.ts'
import type { TdsCall, TdsService } from '../../../shared/backend/statement-call.ts'
import type { Principal } from '../../../shared/identity/principal.ts'
import type { Executor, Json } from '../../../shared/pipeline/ports.ts'
import type { DatabaseLimits } from '../../../shared/upstream/database-executor.ts'
import { createTdsExecutor, type TdsSettings } from '../../../shared/upstream/tds.ts'
import { judged, makeCall, makeOperation, makeToken, principal } from './calls.ts'

/** A server on an embedded database, and executors that call it. */
export interface TdsBench {
  readonly server: () => TdsServer
  readonly certificates: () => Certificates
  readonly database: () => Database
  readonly makeExecutor: (limits?: DatabaseLimits, place?: Partial<TdsSettings>) => Executor
  /** Another server on the same database; stopped after the test. */
  readonly startAnother: (more: Partial<TdsOptions>) => Promise<TdsServer>
}

/** Stands in for the check of the token: here a token is the person's claims as JSON. */
async function verifyToken(token: string): Promise<Record<string, unknown>> {
  return { tid: tenants.home, scp: 'user_impersonation', ...JSON.parse(token) }
}

export function makeBench(): TdsBench {
  let run = ''
  let certificates: Certificates
  let database: Database
  let server: TdsServer
  const executors: Executor[] = []
  const others: TdsServer[] = []
  const start = (more: Partial<TdsOptions> = {}) =>
    startTds({ certificate: certificates, place: database, homeTenant: tenants.home, verifyToken, ...more })
  beforeAll(async () => {
    run = makeRunFolder()
    certificates = await makeCertificates(['localhost'])
    database = await startDatabase({ run, people: databasePeople })
    server = await start()
  })
  afterAll(async () => {
    await server?.stop()
    await database?.stop()
    await rm(run, { recursive: true, force: true })
  })
  afterEach(async () => {
    for (const executor of executors.splice(0)) await executor.close()
    for (const other of others.splice(0)) await other.stop()
  })
  return {
    server: () => server,
    certificates: () => certificates,
    database: () => database,
    makeExecutor: (limits = {}, place = {}) => {
      const { port } = server
      const usual = { host: 'localhost', port, database: 'countersign', suffixes: [], ca: certificates.ca }
      const executor = createTdsExecutor({ settingsFor: () => ({ ...usual, ...place }), clock: Date.now, limits })
      executors.push(executor)
      return executor
    },
    startAnother: async (more) => {
      const other = await start(more)
      others.push(other)
      return other
    },
  }
}

export type PersonName = 'alice' | 'bob' | 'carol' | 'dave' | 'heidi' | 'mallory'

export function person(name: PersonName): Principal {
  return { ...principal, tid: personas[name].tid, oid: personas[name].oid, username: personas[name].username }
}

export function tokenOf(name: PersonName, more: Record<string, unknown> = {}) {
  const { username, oid } = personas[name]
  return makeToken(JSON.stringify({ upn: username, oid, ...more }), person(name))
}

export interface Ask {
  readonly who?: PersonName
  readonly values?: readonly Json[]
  readonly effect?: Effect
  readonly service?: TdsService
  readonly planned?: true
  readonly rowLimit?: number
  readonly signal?: AbortSignal
}

export function ask(sql: string, options: Ask = {}) {
  const { who = 'alice', effect = 'read', service = 'database', planned, rowLimit, signal } = options
  const statement = { from: 'input', text: 'sql', values: 'params' } as const
  const template: TdsCall = {
    technology: 'tds',
    service,
    readOnly: effect === 'read',
    statement,
    ...(planned === undefined ? {} : { planned }),
  }
  return makeCall({
    operation: makeOperation(template, effect),
    inputs: { sql: 'something else than what was judged', params: options.values ?? [] },
    statement: judged(sql, { effect }),
    principal: person(who),
    token: tokenOf(who),
    ...(rowLimit === undefined ? {} : { rowLimit }),
    ...(signal === undefined ? {} : { signal }),
  })
}
