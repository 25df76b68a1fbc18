import type { IdentityProof } from '../audit/record.ts'
import type { Backend } from '../backend/define.ts'
import type { MysqlCall } from '../backend/statement-call.ts'
import type { Principal } from '../identity/principal.ts'
import type { Executor, UpstreamCall } from '../pipeline/ports.ts'
import {
  createDatabaseExecutor,
  type DatabaseDriver,
  type DatabaseLimits,
  type DatabaseResult,
  type DatabaseWork,
} from './database-executor.ts'
import { failWith } from './failure.ts'
import { errorOf, problemOfMysql } from './mysql-errors.ts'
import { type MysqlResult, type MysqlSession, openMysqlSession } from './mysql-session.ts'
import { bindValue } from './mysql-values.ts'
import { readStatement } from './statement-source.ts'

/** Where a deployment has a server. `host` must be one that `checkHost` allows. */
export interface MysqlSettings {
  readonly host: string
  readonly port: number
  readonly database: string
  /** Which name people have there: their sign-in name, or their object id without dashes. */
  readonly login: 'upn' | 'oid'
  /** PEM of the authority to trust instead of the process's own trust store. */
  readonly ca?: string
}

/** What the executor needs from outside; `clock` gives epoch milliseconds. */
export interface MysqlOptions {
  readonly settingsFor: (backend: Backend) => MysqlSettings
  readonly clock: () => number
  readonly limits?: DatabaseLimits
}

interface Prepared {
  readonly template: MysqlCall
  readonly text: string
  readonly values: ReturnType<typeof bindValue>[]
  readonly settings: MysqlSettings
  readonly user: string
}

/**
 * Calls MySQL as the person: the exchanged token is the password of the person's own user, in clear within verified TLS;
 * one prepared statement in one transaction, READ ONLY where it only reads; the user that the server took is proven first.
 */
export function createMysqlExecutor(options: MysqlOptions): Executor {
  const driver: DatabaseDriver<MysqlSession, Prepared> = {
    prepare: (call) => prepare(call, options),
    place: ({ prepared: { settings, user } }) => [settings.host, settings.port, settings.database, user],
    reusable: () => true,
    open,
    begin,
    run,
    end: async (session, { prepared: { template } }) => {
      // A connection that was cut because there were rows enough has nothing left to end.
      if (session.alive()) await session.script(template.readOnly ? 'ROLLBACK' : 'COMMIT')
    },
    problem: problemOfMysql,
    undo: async (session, error) => {
      if (errorOf(error) === null) return false
      await session.script('ROLLBACK')
      return true
    },
  }
  return createDatabaseExecutor(driver, options)
}

/** Names of users have 32 characters at most (MySQL Server documentation, "Account Names"). */
const longestName = 32

function prepare(call: UpstreamCall, { settingsFor }: MysqlOptions): Prepared {
  const template = call.invocation.operation.call
  if (template.technology !== 'mysql') throw failWith({ code: 'internal', fate: 'not_called', why: 'technology' })
  const settings = settingsFor(call.invocation.backend)
  const { text, values } = readStatement(template.statement, call)
  const login = template.login === undefined ? 'upn' : settings.login
  return { template, text, values: values.map(bindValue), settings, user: userOf(call.principal, login) }
}

function userOf({ username, oid }: Principal, login: MysqlSettings['login']): string {
  const user = login === 'oid' ? oid.replaceAll('-', '') : (username ?? '')
  const why = user === '' ? 'no_sign_in_name' : user.length > longestName ? 'sign_in_name_too_long' : null
  if (why !== null || user.includes('\0'))
    throw failWith({ code: 'identity_configuration', fate: 'not_called', why: why ?? 'no_sign_in_name' })
  return user
}

function open({ call, prepared, limits, signal }: DatabaseWork<Prepared>): Promise<MysqlSession> {
  const { host, port, database, ca } = prepared.settings
  const programName = `countersign/${call.intent.decisionId}`
  const who = { user: prepared.user, token: call.token.value, programName }
  const place = { host, port, database, connectTimeoutMs: limits.connectTimeoutMs, ...(ca === undefined ? {} : { ca }) }
  return openMysqlSession({ ...place, ...who }, signal)
}

async function begin(session: MysqlSession, { call, prepared, clock }: DatabaseWork<Prepared>): Promise<IdentityProof> {
  const { readOnly } = prepared.template
  const most = readOnly ? String(call.rowLimit + 1) : 'DEFAULT'
  // Sessions speak in UTC, and the server itself stops at the row limit where a statement has none of its own.
  await session.script(`SET SESSION time_zone = '+00:00', sql_select_limit = ${most}`)
  await session.script(readOnly ? 'START TRANSACTION READ ONLY' : 'START TRANSACTION')
  const [who = {}] = await session.script('SELECT CURRENT_USER() AS current, USER() AS login')
  return judge(prepared.user, { current: String(who.current), login: String(who.login) }, clock())
}

/** `name@host`: the account whose grants count, and the name that signed in, must both be the person's. */
function judge(user: string, seen: { readonly current: string; readonly login: string }, now: number): IdentityProof {
  const nameOf = (account: string) => account.slice(0, account.lastIndexOf('@'))
  const matches = nameOf(seen.current) === user && nameOf(seen.login) === user
  const proof: IdentityProof = {
    source: 'backend',
    method: 'current_user',
    checkedAt: new Date(now).toISOString(),
    matches,
  }
  if (matches) return proof
  const facts = { backendIds: {}, identity: proof }
  throw failWith({ code: 'identity_mismatch', fate: 'not_called', why: 'current_user', facts })
}

async function run(session: MysqlSession, work: DatabaseWork<Prepared>): Promise<DatabaseResult> {
  const { call, prepared, limits } = work
  const { text, values, template } = prepared
  const asked = { text, values, limit: call.rowLimit, maxBytes: limits.maxBytes, fetchAll: !template.readOnly }
  return toAnswer(await session.run(asked))
}

function toAnswer({ columns, rows, changed, truncated, bytes }: MysqlResult): DatabaseResult {
  if (columns === null) return { data: { columns: [], rows: [], rowCount: changed }, rows: changed, truncated, bytes }
  const names = columns.map(({ name }) => name)
  return { data: { columns: names, rows }, columns, rows: rows.length, truncated, bytes }
}
