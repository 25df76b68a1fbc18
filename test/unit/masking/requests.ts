import type { MaskRequest } from '../../../shared/masking/mask.ts'
import type { Json, ResultColumn, UpstreamAnswer } from '../../../shared/pipeline/ports.ts'
import type { OutputColumn } from '../../../shared/sql/statement.ts'
import { judged, makeCall, makeOperation } from '../upstream/calls.ts'

export const classification = {
  'hr.employees.id': 'none',
  'hr.employees.name': 'none',
  'hr.employees.email': 'pii.contact',
  'hr.employees.national_id': 'pii.national_id',
  'hr.employees.birth_date': 'pii.birth',
  'hr.employees.salary_eur': 'pii.compensation',
  'hr.employees.nickname': 'pii.name',
  'sales.customers.id': 'none',
  'sales.customers.email': 'pii.contact',
} as const

export const tokenKey = { version: 't1', tenant: 'a-tenant', secret: Buffer.alloc(32, 7) }

const identity = { source: 'token', method: 'exchange', checkedAt: '2026-01-01T00:00:00Z', matches: null } as const

export interface TableParts {
  readonly columns: readonly ResultColumn[]
  readonly rows: readonly (readonly Json[])[]
  readonly outputs?: readonly OutputColumn[] | null
  readonly reads?: readonly string[]
  readonly writes?: readonly string[]
  readonly prefix?: string
  readonly more?: Partial<MaskRequest>
}

export function tableRequest(parts: TableParts): MaskRequest {
  const { columns, rows, outputs = null, reads = ['hr.employees'], writes = [], prefix } = parts
  const statement = {
    from: 'input',
    text: 'sql',
    values: 'params',
    ...(prefix === undefined ? {} : { prefix }),
  } as const
  const effect = writes.length > 0 ? 'write' : 'read'
  const operation = makeOperation({ technology: 'postgres', readOnly: effect === 'read', statement }, effect)
  const { invocation, understood } = makeCall({ operation, statement: judged('', { outputs, reads, writes }) })
  const data = { columns: columns.map(({ name }) => name), rows } as Json
  const answer: UpstreamAnswer = {
    data,
    columns,
    rows: rows.length,
    bytes: 0,
    truncated: false,
    backendIds: {},
    identity,
  }
  return { answer, invocation, understood, classification, clearLabels: [], obligations: [], tokenKey, ...parts.more }
}

export function treeRequest(data: Json, labels: Record<string, string>, more: Partial<MaskRequest> = {}): MaskRequest {
  const operation = { ...makeOperation({ technology: 'rest', method: 'GET', path: '/x' }), labels }
  const { invocation, understood } = makeCall({ operation })
  const answer: UpstreamAnswer = { data, rows: 1, bytes: 0, truncated: false, backendIds: {}, identity }
  return { answer, invocation, understood, classification: {}, clearLabels: [], obligations: [], tokenKey, ...more }
}
