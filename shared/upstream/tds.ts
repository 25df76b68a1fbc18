import type { Backend } from '../backend/define.ts'
import type { StatementSource, TdsCall } from '../backend/statement-call.ts'
import type { Executor, Json, UpstreamCall } from '../pipeline/ports.ts'
import {
  createDatabaseExecutor,
  type DatabaseDriver,
  type DatabaseLimits,
  type DatabaseResult,
  type DatabaseWork,
} from './database-executor.ts'
import { failWith } from './failure.ts'
import { checkHost } from './hosts.ts'
import { readStatement } from './statement-source.ts'
import { nameSources } from './tds-columns.ts'
import { errorOf, problemOfTds } from './tds-errors.ts'
import { judgeLogin } from './tds-identity.ts'
import { programName, services, writeEnd, writePreamble } from './tds-services.ts'
import { openTdsSession, type TdsResult, type TdsSession } from './tds-session.ts'
import { type BoundValue, bindValues } from './tds-values.ts'

/** Where a deployment has a server. `host` must be one that `checkHost` allows, under `suffixes`. */
export interface TdsSettings {
  readonly host: string
  readonly port: number
  readonly database: string
  /** Host name suffixes that the server may send us on to; empty = the configured host alone. */
  readonly suffixes: readonly string[]
  /** PEM of the authority to trust instead of the process's own trust store. */
  readonly ca?: string
}

/** What the executor needs from outside; `clock` gives epoch milliseconds. */
export interface TdsOptions {
  readonly settingsFor: (backend: Backend) => TdsSettings
  readonly clock: () => number
  readonly limits?: DatabaseLimits
}

interface Prepared {
  readonly template: TdsCall
  readonly text: string
  readonly values: readonly BoundValue[]
  readonly batch: boolean
  readonly settings: TdsSettings
}

/**
 * Calls SQL Server's relatives as the person: the exchanged token signs in (FEDAUTH), one statement goes with bound
 * values, in a transaction where the service has them; the server's own view of who that is, is proven first.
 */
export function createTdsExecutor(options: TdsOptions): Executor {
  const driver: DatabaseDriver<TdsSession, Prepared> = {
    prepare: (call) => prepare(call, options),
    place: ({ prepared: { settings } }) => [settings.host, settings.port, settings.database],
    reusable: ({ template }) => services[template.service].reusable,
    open,
    begin,
    run,
    end: async (session, { prepared: { template } }) => {
      if (template.planned) await session.script('SET SHOWPLAN_XML OFF')
      else if (services[template.service].transactions) await session.script(writeEnd(template.readOnly))
    },
    problem: problemOfTds,
    undo: async (session, error) => {
      if (errorOf(error) === null) return false
      await session.script('SET SHOWPLAN_XML OFF')
      await session.script(writeEnd(true))
      return true
    },
  }
  return createDatabaseExecutor(driver, options)
}

function prepare(call: UpstreamCall, { settingsFor }: TdsOptions): Prepared {
  const template = call.invocation.operation.call
  if (template.technology !== 'tds') throw failWith({ code: 'internal', fate: 'not_called', why: 'technology' })
  const given = readArguments(template, call)
  const { text, values, own } = readStatement(template.statement, call)
  const bound = bindValues([...values, ...given.map(({ value }) => value)])
  const batch = template.planned === true || isPrefixed(template.statement) || (own && bound.length === 0)
  return {
    template,
    text: `${template.planned ? declare(bound) : ''}${text}${writeArguments(given)}`,
    values: batch ? [] : bound,
    batch,
    settings: settingsFor(call.invocation.backend),
  }
}

interface Argument {
  readonly name: string
  readonly value: Json
}

/** What the operation's schema has checked already, with a second look at what gets into the text. */
function readArguments({ arguments: input }: TdsCall, { invocation }: UpstreamCall): readonly Argument[] {
  const list = (input === undefined ? [] : (invocation.inputs[input] ?? [])) as unknown as readonly Argument[]
  if (list.every(({ name }) => /^\w{1,127}$/.test(name))) return list
  throw failWith({ code: 'input_invalid', fate: 'not_called', why: 'argument_name' })
}

function writeArguments(given: readonly Argument[]): string {
  return given.map(({ name }, index) => `${index === 0 ? ' ' : ', '}@${name} = @p${index + 1}`).join('')
}

function isPrefixed(source: StatementSource): boolean {
  return source.from === 'input' && source.prefix !== undefined
}

/** A plan is made for parameters of these types, whatever their values. */
function declare(values: readonly BoundValue[]): string {
  const types = { Bit: 'bit', Int: 'int', BigInt: 'bigint', Float: 'float', NVarChar: 'nvarchar(4000)' } as const
  const list = values.map(({ name, type }) => `@${name} ${types[type]}`)
  return list.length === 0 ? '' : `DECLARE ${list.join(', ')}; `
}

function open({ call, prepared: { settings }, limits, signal }: DatabaseWork<Prepared>): Promise<TdsSession> {
  const { host, port, database, ca, suffixes } = settings
  return openTdsSession(
    {
      host,
      port,
      database,
      ...(ca === undefined ? {} : { ca }),
      token: call.token.value,
      programName: programName(call.intent.decisionId),
      connectTimeoutMs: limits.connectTimeoutMs,
      maxBytes: limits.maxBytes,
      allowsHost: (to) => to === host || (suffixes.length > 0 && checkHost(to, suffixes, false) === null),
    },
    signal,
  )
}

async function begin(session: TdsSession, { call, prepared: { template }, clock }: DatabaseWork<Prepared>) {
  const planned = template.planned === true
  const preamble = writePreamble(services[template.service], { decisionId: call.intent.decisionId, planned })
  const [who = {}] = await session.script(preamble)
  session.note(String(who.session ?? ''))
  const sid = who.sid instanceof Uint8Array ? who.sid : null
  const proof = judgeLogin({ sid, login: textOf(who.login), current: textOf(who.current) }, call.principal, clock())
  if (planned) await session.script('SET SHOWPLAN_XML ON')
  return proof
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

async function run(session: TdsSession, work: DatabaseWork<Prepared>): Promise<DatabaseResult> {
  const { call, prepared, limits } = work
  const { text, values, batch, template } = prepared
  const result = await session.run({
    text,
    values,
    batch,
    limit: call.rowLimit,
    maxBytes: limits.maxBytes,
    fetchAll: !template.readOnly,
  })
  return toAnswer(result, call.understood)
}

function toAnswer(
  { columns, rows, changed, truncated, bytes }: TdsResult,
  understood: UpstreamCall['understood'],
): DatabaseResult {
  if (columns === null) return { data: { columns: [], rows: [], rowCount: changed }, rows: changed, truncated, bytes }
  return {
    data: { columns, rows },
    columns: nameSources(columns, understood),
    rows: rows.length,
    truncated,
    bytes,
  }
}
