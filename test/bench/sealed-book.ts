// A generated book as an auditor gets it: the rows of its segments as NDJSON, sealed in a signed anchor log.
import { hash } from 'node:crypto'
import type { AnchorFacts } from '../../shared/audit/anchor.ts'
import { openAnchorWriter } from '../../shared/audit/anchor-log.ts'
import { leafDigest } from '../../shared/audit/chain.ts'
import { growTree } from '../../shared/audit/merkle.ts'
import type { StoredEntity } from '../../shared/audit/record.ts'
import { verifyBundle } from '../../shared/audit/verify-bundle.ts'
import { segmentFile } from '../../shared/audit/verify-bundle-segments.ts'
import { origin } from '../unit/audit/fixture.ts'
import { createMemoryAnchors, logKey, signWith } from '../unit/audit/memory-anchors.ts'
import { generateBook } from './audit-book.ts'

const time = '2026-11-22T10:00:00.000Z'
const empty = '00'.repeat(32)

/** Makes a sealed book of that many rows; `verify` checks all of it and throws unless every row holds. */
export async function generateSealedBook(rows: number): Promise<{ readonly verify: () => Promise<void> }> {
  const files = new Map<string, Uint8Array>()
  const facts: AnchorFacts[] = []
  for await (const { name, entities } of splitSegments(generateBook(rows).source.pages())) {
    const segment = Number(name.slice(4))
    const { ndjson, root } = toNdjson(entities)
    files.set(segmentFile('L01', segment), ndjson)
    const [first, last] = [entities[0], entities.at(-1)].map((entity) => Number(entity?.rowKey.slice(1)))
    const place = { lane: 'L01', segment, first: first ?? 0, count: (last ?? 0) - (first ?? 0) + 1 }
    const digests = { root, prev: empty, mac: empty, digest: hash('sha256', ndjson, 'hex') }
    facts.push({ kind: 'seal', seal: { ...place, ...digests, from: time, to: time } })
  }
  const store = createMemoryAnchors()
  const sign = signWith(logKey)
  await (await openAnchorWriter({ store, sign, origin, clock: () => Date.parse(time) })).append(facts)
  files.set('anchors.ndjson', Buffer.from(store.lines.map((line) => `${line}\n`).join('')))
  files.set('checkpoint.txt', Buffer.from(store.newest()))
  files.set('log-public.pem', pem)
  const digests = [...files].map(([name, bytes]) => [name, hash('sha256', bytes, 'hex')])
  const manifest = { v: 1, origin, from: time, to: time, files: Object.fromEntries(digests) }
  files.set('manifest.json', Buffer.from(JSON.stringify(manifest)))
  return { verify: () => verifySealed(files, rows) }
}

const pem = Buffer.from(logKey.publicKey.export({ type: 'spki', format: 'pem' }))

async function verifySealed(files: ReadonlyMap<string, Uint8Array>, rows: number): Promise<void> {
  const report = await verifyBundle({
    files: { read: async (name) => files.get(name) ?? null, names: async () => [...files.keys()] },
    pinned: { key: pem },
  })
  if (report.verdict !== 'PASS' || report.counts.verified !== rows) throw new Error(JSON.stringify(report))
}

async function* splitSegments(pages: AsyncIterable<readonly StoredEntity[]>) {
  let name = ''
  let entities: StoredEntity[] = []
  for await (const page of pages) {
    const partition = page[0]?.partitionKey ?? ''
    if (partition !== name && entities.length > 0) {
      yield { name, entities }
      entities = []
    }
    name = partition
    entities.push(...page)
  }
  yield { name, entities }
}

function toNdjson(entities: readonly StoredEntity[]): { readonly ndjson: Uint8Array; readonly root: string } {
  const tree = growTree()
  const lines = entities.map(({ properties }) => {
    const bytes = properties.c as Uint8Array
    tree.append(leafDigest(bytes))
    return Buffer.concat([bytes, newline])
  })
  return { ndjson: Buffer.concat(lines), root: Buffer.from(tree.root()).toString('hex') }
}

const newline = Buffer.from('\n')
