import { z } from 'zod'
import type { EngineRun } from './engine.ts'
import type { FinishedResult } from './result.ts'
import type { WorkspaceUser } from './users.ts'

const parameter = z.object({ name: z.string(), value: z.string().nullish(), type: z.string().optional() })

/** What a submission may say: of the API's choices, results inline as JSON arrays. */
export const submitBody = z.object({
  statement: z
    .string()
    .min(1)
    .max(16 * 1024 * 1024),
  warehouse_id: z.string().min(1),
  catalog: z.string().default('main'),
  schema: z.string().default('sales'),
  parameters: z.array(parameter).default([]),
  wait_timeout: z
    .string()
    .regex(/^(0s|([5-9]|[1-4]\d|50)s)$/)
    .default('10s'),
  on_wait_timeout: z.enum(['CONTINUE', 'CANCEL']).default('CONTINUE'),
  disposition: z.literal('INLINE').default('INLINE'),
  format: z.literal('JSON_ARRAY').default('JSON_ARRAY'),
  row_limit: z.int().min(1).optional(),
  byte_limit: z.int().min(1).optional(),
  query_tags: z.array(z.object({ key: z.string(), value: z.string().optional() })).default([]),
})

export type Submission = z.infer<typeof submitBody>

export type State = 'PENDING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELED' | 'CLOSED'

/** One statement of the workspace, from its submission on. Times are epoch milliseconds. */
export interface Statement {
  readonly id: string
  readonly owner: WorkspaceUser
  readonly submission: Submission
  readonly userAgent: string
  readonly startedAt: number
  endedAt: number | null
  state: State
  error: { readonly error_code: string; readonly message: string; readonly sqlState: string | null } | null
  result: (FinishedResult & { readonly perChunk: number }) | null
  run: EngineRun | null
  cancelled: boolean
  done: Promise<void>
}

/** True where nothing changes any more. */
export function isOver({ state }: Statement): boolean {
  return state !== 'PENDING' && state !== 'RUNNING'
}

/** A statement that was just submitted. */
export function newStatement(
  facts: Pick<Statement, 'id' | 'owner' | 'submission' | 'userAgent' | 'startedAt'>,
): Statement {
  const open = { endedAt: null, error: null, result: null, run: null, cancelled: false } as const
  return { ...facts, ...open, state: 'PENDING', done: Promise.resolve() }
}
