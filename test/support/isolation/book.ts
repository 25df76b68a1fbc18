/** Prints the book of a running stack as the joins need it, one JSON line a row; started with the stack's authority. */
import { TableClient } from '@azure/data-tables'
import { localFolder, readRunningStack } from '../../../infra/local/stack/local-folder.ts'
import type { RowDocument } from '../../../shared/audit/record.ts'

/** A row of the book, reduced to whose it is and what became of it. */
export interface BookRow {
  readonly kind: RowDocument['kind']
  readonly lane: string
  readonly seq: number
  readonly decisionId?: string
  readonly traceId?: string
  readonly principal?: { readonly tid: string; readonly oid: string; readonly azp: string; readonly tokenId: string }
  readonly approval?: { readonly id: string; readonly voters: readonly string[] }
  readonly verdict?: string
  readonly backend?: string
  readonly operation?: string
  readonly effect?: string
  readonly status?: string
  readonly code?: string
  readonly matches?: boolean | null
  readonly detail?: RowDocument['detail']
}

const stack = readRunningStack(localFolder())
if (stack === null) throw new Error('no stack is running')
const table = TableClient.fromConnectionString(stack.tables.connectionString, stack.tables.table)

function reduce({ kind, lane, seq, decisionId, traceId, intent, outcome, detail }: RowDocument): object {
  const { principal, approval, verdict, backend, operation, effect } = intent ?? {}
  const { status, code, identity } = outcome ?? {}
  const common = {
    kind,
    lane,
    seq,
    decisionId,
    traceId,
    detail,
    principal,
    approval,
    verdict,
    backend,
    operation,
    effect,
  }
  return { ...common, status, code, matches: identity?.matches }
}

for await (const { c, rowKey } of table.listEntities<{ c: Uint8Array }>()) {
  if (rowKey === '!head') continue
  const document = JSON.parse(Buffer.from(c).toString('utf8')) as RowDocument
  process.stdout.write(`${JSON.stringify(reduce(document))}\n`)
}
