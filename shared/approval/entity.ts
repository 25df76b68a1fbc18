import type { Approval, ApprovalRequest, Use } from './approval.ts'
import { approvalId } from './digest.ts'
import type { Progress } from './states.ts'

/** Columns of a table entity. */
export type Columns = Readonly<Record<string, string | number | boolean | Uint8Array>>

/** Longest request that is kept, in bytes: an entity may have a mebibyte. */
export const requestLimit = 900 * 1024
/** A binary property may have 64 KiB. */
const chunkBytes = 60 * 1024

/** What is written once: the request in pieces, and the column that lists select by. */
export function requestColumns(request: ApprovalRequest): Columns {
  const bytes = Buffer.from(JSON.stringify(request), 'utf8')
  const pieces = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, at) => [
    `request${at}`,
    new Uint8Array(bytes.subarray(at * chunkBytes, (at + 1) * chunkBytes)),
  ])
  return { requestedAt: isoTime(request.requestedAt), ...Object.fromEntries(pieces) }
}

/** What changes, in one column. */
export function progressColumns(progress: Progress): Columns {
  return { state: progress.state, progress: JSON.stringify(progress) }
}

/** An approval from its entity. The writer is trusted: only this service may write its table. */
export function readApproval(entity: Readonly<Record<string, unknown>>, etag: string): Approval {
  const pieces: Uint8Array[] = []
  for (let piece = entity.request0; piece instanceof Uint8Array; piece = entity[`request${pieces.length}`]) {
    pieces.push(piece)
  }
  const request = JSON.parse(Buffer.concat(pieces).toString('utf8')) as ApprovalRequest
  return { request, progress: JSON.parse(String(entity.progress)) as Progress, etag }
}

/** The key of the row that a use leaves behind, one for each round. */
export function spentKey({ id, round }: Pick<Use, 'id' | 'round'>): string {
  return `spent!${id}${round === 0 ? '' : `!${round}`}`
}

/** Key range of all requests for a digest. */
export function digestRange(digest: string): { readonly from: string; readonly to: string } {
  const first = approvalId(digest)
  return { from: first, to: `${first}-~` }
}

export function isoTime(time: number): string {
  return new Date(time).toISOString()
}
