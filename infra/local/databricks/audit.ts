/**
 * Imitates the tables `system.access.audit` of a workspace with verbose audit logs, with one `commandSubmit` for each
 * statement of a person, and `system.query.history` with its tags. It differs in that entries are there at once and only
 * while this runs, the latest 10,000, in both tables with the same time and id; that nobody but the applications that read
 * audit logs may see them, and they nothing else; and that it answers four statements only, the newest times and the
 * entries of a window.
 */
import { randomUUID } from 'node:crypto'
import { issuersOf, makeBearerCheck, type TokenRules } from '../entra/bearer-check.ts'
import { databricksAudience } from './access-token.ts'
import { fail, type Reply } from './reply.ts'
import { type Statement, type Submission, submitBody } from './statement.ts'
import { answerPerson, type Entry } from './system-tables.ts'
import type { WorkspaceUser } from './users.ts'

const most = 10_000
const windows = {
  audit:
    /^SELECT event_id, event_time, user_identity\.email, user_agent, action_name, request_params\['commandId'\]\s+FROM system\.access\.audit\s+WHERE event_date >= CAST\(:from AS DATE\) AND event_time > :from AND event_time <= :to\s+AND service_name = 'databrickssql' AND action_name = 'commandSubmit'\s+ORDER BY event_time LIMIT (\d+)$/,
  history:
    /^SELECT statement_id, start_time, executed_by, query_tags\['countersign_decision'\]\s+FROM system\.query\.history\s+WHERE start_time > :from AND start_time <= :to\s+ORDER BY start_time LIMIT (\d+)$/,
}
const newest = {
  audit:
    /^SELECT max\(event_time\), max\(event_time\) FILTER \(WHERE action_name = 'commandSubmit'\)\s+FROM system\.access\.audit$/,
  history: /^SELECT max\(start_time\) FROM system\.query\.history$/,
}

/** The audit log of one workspace; `readers` are object ids of the applications that may read it. */
export function makeAudit(rules: TokenRules, readers: readonly string[]) {
  const entries: Entry[] = []
  const accepted = { audience: databricksAudience, issuer: issuersOf(rules.tenant), requiredClaims: [] }
  const check = makeBearerCheck(rules, accepted)
  return {
    note: ({ id, owner, startedAt, userAgent, submission }: Statement): void => {
      const tags = Object.fromEntries(submission.query_tags.map(({ key, value = '' }) => [key, value]))
      const time = new Date(startedAt).toISOString()
      entries.push({ id: randomUUID(), time, email: owner.login, agent: userAgent, commandId: id, tags })
      if (entries.length > most) entries.shift()
    },
    mayRead: async (authorization: string | undefined): Promise<boolean> => {
      const claims = await check(authorization)
      return claims?.idtyp === 'app' && readers.includes(claims.oid)
    },
    answerPerson: ({ body, user }: { readonly body: unknown; readonly user: WorkspaceUser }): Reply =>
      answerPerson(entries, body, user),
    answer: (body: unknown): Reply => {
      const parsed = submitBody.safeParse(body)
      if (!parsed.success) return fail(400, 'INVALID_PARAMETER_VALUE', 'The statement could not be read')
      const rows = select(entries, parsed.data)
      return { status: 200, body: rows === null ? refusal() : succeeded(rows) }
    },
  }
}

function select(entries: readonly Entry[], { statement, parameters }: Submission): (string | null)[][] | null {
  const last = entries.at(-1)?.time ?? null
  if (newest.audit.test(statement)) return [[last, last]]
  if (newest.history.test(statement)) return [[last]]
  const limits = { audit: windows.audit.exec(statement)?.[1], history: windows.history.exec(statement)?.[1] }
  const limit = Number(limits.audit ?? limits.history)
  const timeOf = (name: string) => Date.parse(parameters.find((one) => one.name === name)?.value ?? '')
  const [from, to] = [timeOf('from'), timeOf('to')]
  if (Number.isNaN(limit + from + to)) return null
  return entries
    .filter(({ time }) => Date.parse(time) > from && Date.parse(time) <= to)
    .slice(0, limit)
    .map(limits.audit === undefined ? historyRow : auditRow)
}

function auditRow({ id, time, email, agent, commandId }: Entry) {
  return [id, time, email, agent, 'commandSubmit', commandId]
}

function historyRow({ commandId, time, email, tags }: Entry) {
  return [commandId, time, email, tags.countersign_decision ?? null]
}

function succeeded(rows: (string | null)[][]) {
  const manifest = { format: 'JSON_ARRAY', schema: { columns: [] }, total_chunk_count: 1, truncated: false }
  const result = { chunk_index: 0, row_offset: 0, row_count: rows.length, data_array: rows }
  return { statement_id: randomUUID(), status: { state: 'SUCCEEDED' }, manifest, result }
}

function refusal() {
  const error = { error_code: 'BAD_REQUEST', message: '[INSUFFICIENT_PERMISSIONS] Only the audit log can be read.' }
  return { statement_id: randomUUID(), status: { state: 'FAILED', error } }
}
