// What an attacker does to a copy of the book, with the keys that he has.
import { canonicalBytes, type Json, parseCanonical } from '../../shared/audit/canonical.ts'
import { headMac, leafDigest, rowMac } from '../../shared/audit/chain.ts'
import { checkpointText, formatCheckpoint } from '../../shared/audit/checkpoint.ts'
import { growTree } from '../../shared/audit/merkle.ts'
import { partitionKey, rowKey } from '../../shared/audit/segment.ts'
import type { Properties } from '../../shared/audit/store.ts'
import { joinContent } from '../../shared/audit/verify-row.ts'
import { hmacKeys, type logKey, origin, signWith } from './tamper-book.ts'
import { keyOf, type Snapshot, splitKey } from './tamper-store.ts'

export type Document = { readonly [name: string]: Json }
type Change = (document: Document) => Document

/** Segment of a row of the book. */
function segmentOf(lane: string, seq: number): number {
  return lane === 'L01' ? Math.min(3, Math.floor(seq / 9) + 1) : 1
}

export function at(lane: string, seq: number): string {
  return keyOf(partitionKey(lane, segmentOf(lane, seq)), rowKey(seq))
}

export function headAt(lane: string, segment: number): string {
  return keyOf(partitionKey(lane, segment), '!head')
}

export function get<T>(map: ReadonlyMap<string, T>, key: string): T {
  const found = map.get(key)
  if (found === undefined) throw new Error(`nothing at ${key}`)
  return found
}

export function contentOf(properties: Properties): Buffer {
  return Buffer.from(joinContent(properties))
}

export function documentOf(properties: Properties): Document {
  return parseCanonical(contentOf(properties)) as Document
}

/** Sets or (where undefined) removes properties of a stored entity. */
export function put(
  table: Map<string, Properties>,
  key: string,
  more: Readonly<Record<string, Properties[string] | undefined>>,
): void {
  const merged = { ...table.get(key), ...more }
  table.set(key, Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined)) as Properties)
}

/** Puts other bytes in the place of a row's content. */
export function overwrite({ rows }: Snapshot, key: string, bytes: Uint8Array): void {
  const kept = Object.entries(rows.get(key) ?? {}).filter(([name]) => !/^c\d*$/.test(name))
  const parts: [string, Uint8Array][] = []
  for (let at = 0; at < bytes.length; at += partSize)
    parts.push([`c${parts.length}`, Buffer.from(bytes.subarray(at, at + partSize))])
  const content = parts.length > 1 ? parts : [['c', bytes] as const]
  rows.set(key, Object.fromEntries([...kept, ...content]))
}

const partSize = 64 * 1024

/** Changes members of a row and leaves its MAC as it is: all that somebody without the key can do. */
export function edit(copy: Snapshot, key: string, change: Change): void {
  overwrite(copy, key, canonicalBytes(change(documentOf(get(copy.rows, key)))))
}

export function removeRows({ rows }: Snapshot, lane: string, [from, to]: readonly [number, number]): void {
  for (let seq = from; seq <= to; seq++) rows.delete(at(lane, seq))
}

export function removePartition({ rows }: Snapshot, lane: string, segment?: number): void {
  for (const key of [...rows.keys()]) {
    const [partition] = splitKey(key)
    if (segment === undefined ? partition.startsWith(`${lane}|`) : partition === partitionKey(lane, segment))
      rows.delete(key)
  }
}

/** Puts the rows and heads of a lane back as they were in an earlier state, with its directory entry. */
export function restoreLane(copy: Snapshot, lane: string, state: Snapshot): void {
  removePartition(copy, lane)
  for (const [key, properties] of state.rows) if (key.startsWith(`${lane}|`)) copy.rows.set(key, properties)
  const entry = state.meta.get(keyOf('lane', lane))
  if (entry) copy.meta.set(keyOf('lane', lane), entry)
  else copy.meta.delete(keyOf('lane', lane))
}

export function swapRows({ rows }: Snapshot, one: string, other: string): void {
  const [first, second] = [get(rows, one), get(rows, other)]
  rows.set(one, second)
  rows.set(other, first)
}

/** A row with other bytes and the MAC that the key gives for them; its neighbours stay as they are. */
export function resealRow(copy: Snapshot, key: string, change: Change | Uint8Array): void {
  const stored = get(copy.rows, key)
  const bytes = change instanceof Uint8Array ? change : canonicalBytes(change(documentOf(stored)))
  overwrite(copy, key, bytes)
  put(copy.rows, key, { mac: macOf({ kid: String(stored.kid), prev: stored.prev as Uint8Array, bytes }) })
}

function macOf({ kid, prev, bytes }: { kid: string; prev: Uint8Array; bytes: Uint8Array }): Buffer {
  const key = hmacKeys[kid]
  if (key === undefined) throw new Error(`no key ${kid}`)
  return rowMac(key, { kid, prev, leaf: leafDigest(bytes) })
}

export function resealHead({ rows }: Snapshot, key: string, change: Change): void {
  const document = change(documentOf(get(rows, key)))
  const bytes = canonicalBytes(document)
  const { kid, batchId, state } = document as { kid: string; batchId: string; state: string }
  rows.set(key, { c: bytes, hmac: headMac(hmacKeys[kid] as never, kid, bytes), kid, batchId, state })
}

/**
 * Writes a lane anew from a row on, as somebody does who holds the keys and takes care: every MAC behind it, the columns, the
 * MACs by which outcomes name their intents, and the heads are right again.
 */
export function rewriteFrom(copy: Snapshot, { lane, seq }: { lane: string; seq: number }, change: Change): void {
  const macs = new Map<string, string>()
  let prev: Uint8Array | undefined
  for (const key of rowsOf(copy, lane)) {
    const stored = get(copy.rows, key)
    const document = documentOf(stored)
    if (Number(document.seq) < seq) {
      prev = stored.mac as Uint8Array
      continue
    }
    const changed = renameIntent(Number(document.seq) === seq ? change(document) : document, macs)
    prev = sealAt(copy, key, { document: changed, prev: prev ?? (stored.prev as Uint8Array) })
    if (document.kind === 'intent') macs.set(String(document.decisionId), Buffer.from(prev).toString('hex'))
  }
  followWithHeads(copy, lane)
}

function rowsOf({ rows }: Snapshot, lane: string): string[] {
  return [...rows.keys()].filter((key) => key.startsWith(`${lane}|`) && !key.endsWith('!head')).sort()
}

function renameIntent(document: Document, macs: ReadonlyMap<string, string>): Document {
  const mac = macs.get(String(document.decisionId))
  if (document.kind !== 'outcome' || mac === undefined) return document
  const outcome = document.outcome as Document
  return { ...document, outcome: { ...outcome, intent: { ...(outcome.intent as Document), mac } } }
}

function sealAt(copy: Snapshot, key: string, { document, prev }: { document: Document; prev: Uint8Array }): Buffer {
  const bytes = canonicalBytes(document)
  const kid = String(document.kid)
  const mac = macOf({ kid, prev, bytes })
  overwrite(copy, key, bytes)
  put(copy.rows, key, { prev, mac, ...columnsOf(document) })
  return mac
}

/** The columns that copy a row's members. */
function columnsOf(document: Document): Readonly<Record<string, string | undefined>> {
  const intent = document.intent as { verdict: string; principal: { tid: string } } | undefined
  const outcome = document.outcome as { status: string } | undefined
  return {
    kid: String(document.kid),
    kind: String(document.kind),
    ts: String(document.time),
    decisionId: document.decisionId as string | undefined,
    tenant: intent?.principal.tid,
    verdict: intent?.verdict ?? outcome?.status,
  }
}

/** Heads that fit the rows that are there now. */
function followWithHeads(copy: Snapshot, lane: string): void {
  let before: string | undefined
  for (let segment = 1; copy.rows.has(headAt(lane, segment)); segment++) {
    const rows = [...copy.rows.keys()].filter((key) => key.startsWith(partitionKey(lane, segment))).sort()
    const last = rows.filter((key) => !key.endsWith('!head')).at(-1)
    if (last === undefined) return
    const mac = Buffer.from(get(copy.rows, last).mac as Uint8Array).toString('hex')
    const nextSeq = Number(splitKey(last)[1].slice(1)) + 1
    const prev = before
    resealHead(copy, headAt(lane, segment), (head) => ({ ...head, mac, nextSeq, ...(prev ? { prev } : {}) }))
    before = mac
  }
}

/** Adds rows at the end of a lane's open segment with the key, head included. `more` are their members but their place. */
export function append(copy: Snapshot, lane: string, more: readonly Document[]): void {
  const last = rowsOf(copy, lane).at(-1)
  if (last === undefined) throw new Error(`no lane ${lane}`)
  const stored = get(copy.rows, last)
  const { v, seq, segment, kid, time } = documentOf(stored)
  let prev = stored.mac as Uint8Array
  for (const [index, members] of more.entries()) {
    const place = { v, origin, lane, segment, kid, time, seq: Number(seq) + 1 + index } as Document
    const document = { ...place, ...members } as Document
    const key = keyOf(partitionKey(lane, Number(segment)), rowKey(Number(document.seq)))
    prev = sealAt(copy, key, { document, prev })
  }
  followWithHeads(copy, lane)
}

const separatorLine = '\n'

/** The anchor log's lines. */
export function linesOf({ blobs }: Snapshot): string[] {
  const names = [...blobs.keys()].filter((name) => name.startsWith('anchors/')).sort()
  return names.flatMap((name) => get(blobs, name).toString('utf8').split(separatorLine).slice(0, -1))
}

/** Puts another log in its place, in one file. */
export function putLines({ blobs }: Snapshot, lines: readonly string[]): void {
  for (const name of [...blobs.keys()]) if (name.startsWith('anchors/')) blobs.delete(name)
  blobs.set('anchors/000001.ndjson', Buffer.from(lines.map((line) => line + separatorLine).join(''), 'utf8'))
}

/** Names of the checkpoints, the oldest first. */
export function checkpointsOf({ blobs }: Snapshot): string[] {
  return [...blobs.keys()].filter((name) => name.startsWith('checkpoints/')).sort()
}

/** Signs the log as it is now in the place of its newest checkpoint. */
export async function signLog(copy: Snapshot, key: typeof logKey): Promise<void> {
  const tree = growTree()
  for (const line of linesOf(copy)) tree.append(leafDigest(Buffer.from(line, 'utf8')))
  const checkpoint = { origin, size: tree.size(), root: tree.root() }
  const signed = await signWith(key)(checkpointText(checkpoint))
  const newest = checkpointsOf(copy).at(-1) ?? ''
  copy.blobs.delete(newest)
  const name = newest.replace(/\d+\.txt$/, `${String(checkpoint.size).padStart(12, '0')}.txt`)
  copy.blobs.set(name, Buffer.from(formatCheckpoint(checkpoint, { name: origin, ...signed }), 'utf8'))
}
