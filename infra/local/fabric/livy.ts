import { randomUUID } from 'node:crypto'
import type { Api } from './access-token.ts'
import { salesOf } from './tenant.ts'
import { type Asked, fail, type Reply } from './wire.ts'

interface Statement {
  readonly id: number
  readonly code: string
  readonly kind: string
  asked: number
}

interface Session {
  readonly id: string | number
  readonly owner: string
  readonly name: string
  readonly kind: 'sessions' | 'batches'
  readonly statements: Statement[]
  asked: number
}

/** Sessions and batches of one Livy endpoint. */
export type Livy = Map<string, Session>

export interface LivyPlace {
  readonly api: Extract<Api, 'fabric' | 'synapse'>
  readonly sessions: Livy
  /** What stands after the version (and the pool) in the path. */
  readonly rest: readonly string[]
}

/**
 * Answers as Livy does: Synapse counts its sessions, Fabric gives them ids. Everybody who may use the endpoint may also
 * reach a session of somebody else, as workspace administrators can; whoever opened it is who it runs as.
 */
export function onLivy(asked: Asked, place: LivyPlace): Reply {
  const { api, sessions, rest } = place
  const [kind, id] = rest
  if (kind !== 'sessions' && kind !== 'batches') return fail(api, 404, 'NotFound')
  if (id === undefined) return asked.method === 'POST' ? open(asked, kind, place) : list(kind, sessions)
  const session = sessions.get(`${kind}/${id}`)
  if (session === undefined) return fail(api, 404, 'LivySessionNotFound')
  return asked.method === 'DELETE' ? remove(`${kind}/${id}`, sessions) : inSession(asked, session, place)
}

function inSession(asked: Asked, session: Session, { api, rest }: LivyPlace): Reply {
  const [, , part, statementId, action] = rest
  if (part === 'reset-timeout') return { status: 200 }
  if (part !== 'statements') return look(session)
  if (statementId === undefined) return run(asked, session, api)
  const statement = session.statements[Number(statementId)]
  if (statement === undefined) return fail(api, 404, 'StatementNotFound')
  return { status: 200, body: action === 'cancel' ? { msg: 'canceled' } : tell(statement, session) }
}

function open(asked: Asked, kind: Session['kind'], { api, sessions }: LivyPlace): Reply {
  const { name = '' } = (asked.body ?? {}) as { name?: string }
  if (name === '') return fail(api, 400, 'BadRequest')
  const id = api === 'synapse' ? sessions.size : randomUUID()
  const session: Session = { id, owner: asked.oid, name, kind, statements: [], asked: 0 }
  sessions.set(`${kind}/${id}`, session)
  return { status: api === 'synapse' ? 200 : 202, body: show(session, 0) }
}

function list(kind: Session['kind'], sessions: Livy): Reply {
  const all = [...sessions.values()].filter((one) => one.kind === kind)
  return { status: 200, body: { from: 0, total: all.length, sessions: all.map((one) => show(one, one.asked)) } }
}

function look(session: Session): Reply {
  session.asked += 1
  return { status: 200, body: show(session, session.asked) }
}

function remove(key: string, sessions: Livy): Reply {
  sessions.delete(key)
  return { status: 200 }
}

function show({ id, owner, name, kind }: Session, asked: number) {
  const states = kind === 'sessions' ? ['not_started', 'starting', 'idle'] : ['not_started', 'running', 'success']
  const state = states[Math.min(asked, 2)]
  // A program of the name `fails` ends as Synapse's do: success, and yet it failed.
  const ended = name === 'fails' ? 'Failed' : 'Succeeded'
  const result = state === 'success' ? ended : 'Uncertain'
  const jobType = kind === 'sessions' ? 'SparkSession' : 'SparkBatch'
  return { id, name, submitterId: owner, jobType, state, result, appId: null, log: [`/tmp/${owner}`] }
}

function run(asked: Asked, session: Session, api: LivyPlace['api']): Reply {
  const { code, kind } = asked.body as { code?: string; kind?: string }
  if (session.asked < 2) return fail(api, 400, 'SessionNotIdle')
  if (typeof code !== 'string' || typeof kind !== 'string') return fail(api, 400, 'BadRequest')
  const statement = { id: session.statements.length, code, kind, asked: 0 }
  session.statements.push(statement)
  return { status: 200, body: { id: statement.id, code, state: 'waiting', output: null } }
}

/** It takes two questions, and runs with the rights of whoever opened the session. */
function tell(statement: Statement, { owner }: Session) {
  const { id, code } = statement
  statement.asked += 1
  if (statement.asked < 2) return { id, code, state: 'running', output: null }
  return { id, code, state: 'available', output: output(statement, owner) }
}

function output({ code, kind }: Statement, owner: string) {
  if (kind !== 'sql') return { status: 'ok', execution_count: 0, data: { 'text/plain': '' } }
  if (!/^\s*select\s+\*\s+from\s+sales\s*$/i.test(code))
    return { status: 'error', execution_count: 0, ename: 'AnalysisException', evalue: 'unknown', traceback: [] }
  const rows = salesOf(owner)
  const names = ['Region', 'Customer', 'Amount'] as const
  const fields = names.map((name) => ({ name, type: name === 'Amount' ? 'integer' : 'string', nullable: true }))
  const data = rows.map((row) => names.map((name) => row[name]))
  return {
    status: 'ok',
    execution_count: 0,
    data: { 'application/json': { schema: { type: 'struct', fields }, data } },
  }
}

/** Which endpoint of Livy a path is; null for none. */
export function livyOf(parts: readonly string[]): Pick<LivyPlace, 'api' | 'rest'> | null {
  if (parts[0] === 'livyApi') return { api: 'synapse', rest: parts.slice(5) }
  if (parts[5] === 'livyApi' && parts[3] === 'lakehouses') return { api: 'fabric', rest: parts.slice(8) }
  return null
}
