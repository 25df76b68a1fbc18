import type { Json, ResultColumn } from '../pipeline/ports.ts'
import { describeColumns, type MaskRequest, makeTools } from './mask.ts'
import { planRows } from './table-mask.ts'

/** A table that comes in batches, its columns known from the start. */
export interface RowStream {
  readonly columns: readonly string[]
  /** Batches as masked, each when it comes; nothing of an earlier one is kept. */
  readonly batches: AsyncIterable<readonly (readonly Json[])[]>
  /** What was masked so far. */
  readonly report: ReturnType<typeof makeTools>['report']
}

/** Masks batches of rows by the same rules as a whole table. Throws Problem `internal` where a row has another width. */
export function maskBatches(
  request: Omit<MaskRequest, 'answer'>,
  columns: readonly ResultColumn[],
  batches: AsyncIterable<readonly (readonly Json[])[]>,
): RowStream {
  const tools = makeTools(request)
  const plan = planRows({ ...tools, ...describeColumns(request, columns), columns })
  async function* masked() {
    for await (const rows of batches) yield rows.map((row) => plan.mask(row)).filter((row) => row !== null)
  }
  return { columns: plan.names, batches: masked(), report: tools.report }
}
