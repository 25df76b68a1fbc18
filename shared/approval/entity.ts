import type { Use } from './approval.ts'
import { approvalId } from './digest.ts'
import type { ApprovalRow, NewRow, RowChange } from './rows.ts'

/** Columns of a table entity. */
export type Columns = Readonly<Record<string, string | number | boolean | Uint8Array>>

/** Longest request that is kept, in bytes: an entity may have a mebibyte. */
export const requestLimit = 900 * 1024
/** A binary property may have 64 KiB. */
const chunkBytes = 60 * 1024

/** What is written once: the request in pieces, and the column that lists select by. */
export function requestColumns({ request, requestedAt }: Pick<NewRow, 'request' | 'requestedAt'>): Columns {
  const pieces = Array.from({ length: Math.ceil(request.length / chunkBytes) }, (_, at) => [
    `request${at}`,
    new Uint8Array(request.subarray(at * chunkBytes, (at + 1) * chunkBytes)),
  ])
  return { requestedAt, ...Object.fromEntries(pieces) }
}

/** What changes, and the seal over the whole row. */
export function changingColumns({ progress, seal }: Pick<RowChange, 'progress' | 'seal'>): Columns {
  return { progress, kid: seal.kid, mac: new Uint8Array(seal.mac) }
}

/** A row from its entity, as it is: a member that is missing or of another type makes a row that no seal fits. */
export function readRow(entity: Readonly<Record<string, unknown>>, etag: string): ApprovalRow {
  const pieces: Uint8Array[] = []
  for (let piece = entity.request0; piece instanceof Uint8Array; piece = entity[`request${pieces.length}`]) {
    pieces.push(piece)
  }
  const { partitionKey, rowKey, progress, kid, mac } = entity
  return {
    tid: String(partitionKey),
    id: String(rowKey),
    request: Buffer.concat(pieces),
    progress: String(progress),
    seal: { kid: String(kid), mac: mac instanceof Uint8Array ? mac : new Uint8Array() },
    etag,
  }
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
