import { decodeText } from './canonical.ts'
import { personalCommitment } from './chain.ts'
import type { RowDocument, StoredEntity } from './record.ts'
import type { RowStore } from './store.ts'

/** A personal value as it was, or what became of it. */
export type Opened = { readonly value: string } | { readonly state: 'erased' | 'altered' }

interface Commitments {
  readonly partition: string
  readonly id: string
  readonly fields: Readonly<Record<string, string>>
}

/** Opens what a row has committed to; undefined where it holds nothing personal. Rejects with `audit_unavailable`. */
export async function openPersonal(
  rows: Pick<RowStore, 'read'>,
  row: RowDocument,
): Promise<Readonly<Record<string, Opened>> | undefined> {
  const committed = commitmentsOf(row)
  if (committed === null) return undefined
  const entity = await rows.read('pii', committed.partition, committed.id)
  const opened = Object.entries(committed.fields).map(([field, commitment]) => {
    return [field, open(entity, { field, commitment })] as const
  })
  return Object.fromEntries(opened)
}

function commitmentsOf({ intent, detail }: RowDocument): Commitments | null {
  const { partition, id, ...fields } = intent?.personal ?? {}
  if (partition !== undefined && id !== undefined) return { partition, id, fields }
  const named = detail ?? {}
  const isCommented = [named.partition, named.id, named.comment].every((value) => typeof value === 'string')
  if (!isCommented) return null
  return { partition: String(named.partition), id: String(named.id), fields: { comment: String(named.comment) } }
}

function open(entity: StoredEntity | null, { field, commitment }: { field: string; commitment: string }): Opened {
  const salt = entity?.properties[`${field}_salt`]
  const chunks: Uint8Array[] = []
  for (let at = 0; entity?.properties[`${field}_${at}`] instanceof Uint8Array; at++) {
    chunks.push(entity.properties[`${field}_${at}`] as Uint8Array)
  }
  if (salt === undefined && chunks.length === 0) return { state: 'erased' }
  const value = decodeText(Buffer.concat(chunks))
  const isTrue = salt instanceof Uint8Array && value !== null
  if (!isTrue || personalCommitment(salt, value).toString('hex') !== commitment) return { state: 'altered' }
  return { value }
}
