import type { Json } from '../pipeline/ports.ts'
import { type ResultChunk, readChunk } from './databricks-reply.ts'
import { statementsPath } from './databricks-request.ts'
import type { Heard, Workspace } from './databricks-run.ts'
import { failWith } from './failure.ts'

/** How a result is gathered: at most `wanted` rows and `maxBytes` bytes of answers. */
export interface Gathering {
  readonly workspace: Workspace
  readonly signal: AbortSignal
  readonly wanted: number
  readonly maxBytes: number
}

/** Rows in their order, and the bytes that they came in. */
export interface Gathered {
  readonly cells: ResultChunk['data_array']
  readonly bytes: number
}

/**
 * Walks a result chunk by chunk. The next chunk is named by its number alone: an address that the answer gives, within
 * the workspace or outside of it, is never followed. Throws Problem `backend_failed` where parts are missing or do not
 * join on, or where they are too many bytes.
 */
export async function gatherRows(heard: Heard, gathering: Gathering): Promise<Gathered> {
  const { reply } = heard
  const cells: (readonly (string | null)[])[] = []
  let bytes = heard.bytes
  let part: Part | null = reply.result == null ? null : { chunk: reply.result, index: 0, bytes: 0 }
  while (part !== null) {
    bytes += part.bytes
    if (part.chunk.row_offset !== cells.length) throw broken('chunk_offset')
    if (bytes > gathering.maxBytes) throw broken('too_large')
    cells.push(...part.chunk.data_array)
    part = cells.length < gathering.wanted ? await nextPart(reply.statement_id, part, gathering) : null
  }
  const total = reply.manifest?.total_row_count ?? cells.length
  if (cells.length < Math.min(total, gathering.wanted)) throw broken('incomplete')
  return { cells, bytes }
}

interface Part {
  readonly chunk: ResultChunk
  readonly index: number
  readonly bytes: number
}

/** Numbers go up by one, so that a result cannot lead in circles. */
async function nextPart(id: string, { chunk, index }: Part, gathering: Gathering): Promise<Part | null> {
  const next = chunk.next_chunk_index
  if (next == null) return null
  if (next !== index + 1) throw broken('chunk_order')
  return { ...(await fetchChunk(id, next, gathering)), index: next }
}

/** One chunk by its number. */
export async function fetchChunk(
  id: string,
  index: number,
  { workspace, signal }: Pick<Gathering, 'workspace' | 'signal'>,
): Promise<{ readonly chunk: ResultChunk; readonly bytes: number }> {
  const path = `${statementsPath}/${id}/result/chunks/${index}`
  const { data, bytes } = await workspace.ask({ method: 'GET', path }, { signal, effect: 'read' })
  return { chunk: readChunk(data as Json), bytes }
}

function broken(why: string) {
  return failWith({ code: 'backend_failed', fate: 'called', why, members: { next: { action: 'change_input' } } })
}
