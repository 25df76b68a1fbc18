import type { StoredEntity } from '../../../shared/audit/record.ts'
import type { ChainSource } from '../../../shared/audit/verify.ts'

/** A copy of a book in memory, with one byte of one row's content changed; the store itself is not touched. */
export interface TamperedBook {
  readonly source: ChainSource
  readonly rowKey: string
}

/** Copies a book and changes the row in its middle, as somebody would who can write to the table. */
export async function tamperWithCopy(book: ChainSource): Promise<TamperedBook> {
  const copy: StoredEntity[] = []
  for await (const page of book.pages()) copy.push(...page)
  const rows = copy.filter(({ rowKey }) => rowKey.startsWith('r'))
  const victim = rows[Math.floor(rows.length / 2)]
  if (victim === undefined) throw new Error('there is no row to change')
  const tampered = copy.map((entity) => (entity === victim ? changeContent(entity) : entity))
  const lanes = await book.lanes()
  return { source: sourceOf(tampered, lanes), rowKey: victim.rowKey }
}

function changeContent(entity: StoredEntity): StoredEntity {
  const content = Uint8Array.from(entity.properties.c as Uint8Array)
  // A digit of the time near the end of the document: still well-formed, still plausible.
  const text = Buffer.from(content).toString('utf8')
  const at = text.lastIndexOf('"time":"') + '"time":"20'.length
  content[at] = content[at] === 0x32 ? 0x31 : 0x32
  return { ...entity, properties: { ...entity.properties, c: content } }
}

function sourceOf(entities: readonly StoredEntity[], lanes: Awaited<ReturnType<ChainSource['lanes']>>): ChainSource {
  const inOrder = [...entities].sort((a, b) => compare(a.partitionKey, b.partitionKey) || compare(a.rowKey, b.rowKey))
  const within = (partitionKey: string, from = '', to = '\uffff') =>
    inOrder.filter((each) => each.partitionKey === partitionKey && each.rowKey >= from && each.rowKey <= to)
  return {
    pages: () => onePage(inOrder),
    rows: (partitionKey, from, to) => onePage(within(partitionKey, from, to)),
    head: async (partitionKey) => within(partitionKey, '!head', '!head')[0] ?? null,
    lanes: async () => lanes,
  }
}

async function* onePage(entities: readonly StoredEntity[]): AsyncIterable<readonly StoredEntity[]> {
  yield entities
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
