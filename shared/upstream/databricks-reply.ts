import * as z from 'zod'
import type { Json } from '../pipeline/ports.ts'
import { failWith } from './failure.ts'

export const states = ['PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELED', 'CLOSED'] as const

export type StatementState = (typeof states)[number]

/** A column of a result as the manifest describes it. */
export interface ManifestColumn {
  readonly name: string
  readonly type_name: string
}

/** Part of a result. `next_chunk_index` is absent at the last. */
export interface ResultChunk {
  readonly row_offset: number
  readonly data_array: readonly (readonly (string | null)[])[]
  readonly next_chunk_index?: number | null | undefined
}

/** What the workspace says of a statement (Statement Execution API 2.0); members that nobody reads are left out. */
export interface StatementReply {
  readonly statement_id: string
  readonly status: {
    readonly state: StatementState
    readonly sql_state?: string | null | undefined
    readonly error?: { readonly error_code?: string | undefined } | null | undefined
  }
  readonly manifest?:
    | {
        readonly schema: { readonly columns: readonly ManifestColumn[] }
        readonly total_row_count?: number | null | undefined
        readonly total_chunk_count?: number | null | undefined
        readonly truncated?: boolean | null | undefined
      }
    | null
    | undefined
  readonly result?: ResultChunk | null | undefined
}

const count = z.int().min(0)
const statementId = z.string().regex(/^[0-9A-Za-z-]{8,64}$/)

const makeChunk = () =>
  z.object({
    row_offset: count.default(0),
    data_array: z.array(z.array(z.union([z.string(), z.null()]))).default([]),
    next_chunk_index: count.nullish(),
    external_links: z.array(z.unknown()).max(0).nullish(),
  })

const makeReply = () =>
  z.object({
    statement_id: statementId,
    status: z.object({
      state: z.enum(states),
      sql_state: z.string().nullish(),
      error: z.object({ error_code: z.string().optional() }).nullish(),
    }),
    manifest: z
      .object({
        schema: z.object({
          columns: z
            .array(z.object({ name: z.string(), type_name: z.string().default('STRING') }))
            .max(10_000)
            .default([]),
        }),
        total_row_count: count.nullish(),
        total_chunk_count: count.nullish(),
        truncated: z.boolean().nullish(),
      })
      .nullish(),
    result: makeChunk().nullish(),
  })

let replySchema: ReturnType<typeof makeReply> | undefined
let chunkSchema: ReturnType<typeof makeChunk> | undefined

/** An answer about a statement; Problem `backend_failed` (why `shape`) for anything else, links to elsewhere included. */
export function readReply(data: Json): StatementReply {
  replySchema ??= makeReply()
  return parse(replySchema, data)
}

/** An answer with one part of a result. */
export function readChunk(data: Json): ResultChunk {
  chunkSchema ??= makeChunk()
  return parse(chunkSchema, data)
}

/** True while the workspace is still at it. */
export function isUnderWay(state: StatementState): boolean {
  return state === 'PENDING' || state === 'RUNNING'
}

/** Parses what the workspace answered; its words are in no message. */
export function parse<T>(schema: z.ZodType<T>, data: Json): T {
  const parsed = schema.safeParse(data)
  if (!parsed.success) throw failWith({ code: 'backend_failed', fate: 'called', why: 'shape' })
  return parsed.data
}
