import type { KeyObject } from 'node:crypto'
import { decodeText } from './canonical.ts'
import { type Checkpoint, isSignature, keyFingerprint, openCheckpoint } from './checkpoint.ts'
import { type AnchoredBook, openAnchorLog } from './verify-anchor-log.ts'
import { proveDecision } from './verify-bundle-decision.ts'
import {
  type BundleFiles,
  type BundleManifest,
  chooseKey,
  fileDigest,
  type PinnedKey,
  parseManifest,
  splitLines,
} from './verify-bundle-files.ts'
import { type BundleCounts, type BundleRows, createBundleRows } from './verify-bundle-rows.ts'
import { listSegments, segmentFile } from './verify-bundle-segments.ts'
import { exceptions, type Finding } from './verify-findings.ts'

export interface BundleOptions {
  readonly files: BundleFiles
  readonly pinned: PinnedKey
  /** Notes of checkpoints that the reader kept: the log must continue each. */
  readonly since?: readonly string[]
  /** The decision that the bundle must prove. */
  readonly decision?: string | undefined
}

/** What a bundle's check found; two verifiers that agree give the same members in the same order. */
export interface BundleReport {
  readonly verdict: 'PASS' | 'PASS WITH EXCEPTIONS' | 'FAIL' | 'INCOMPLETE'
  readonly counts: BundleCounts & { readonly findings: number }
  /** `time` of the newest record, null where the bundle holds no log (one decision's proof). */
  readonly anchoredUpTo: { readonly size: number; readonly root: string; readonly time: string | null } | null
  /** In the order of lane, sequence number and kind; the first thousand. */
  readonly findings: readonly Finding[]
  readonly notes: readonly BundleNote[]
  readonly scope: Pick<BundleManifest, 'origin' | 'from' | 'to' | 'decision'> | null
  /** Fingerprint of the key that it was judged by. */
  readonly key: string | null
}

/** Why a verdict can be no better than INCOMPLETE. */
export type BundleNote = 'key_not_pinned' | 'no_anchors' | 'since_not_checked' | 'no_rows_verified'

const graceMs = 900_000
const maxFindings = 1000

interface Run {
  readonly files: BundleFiles
  readonly manifest: BundleManifest
  readonly key: KeyObject
  readonly rows: BundleRows
  /** Names of the segments' files that belong into the bundle. */
  readonly expected: Set<string>
}

/** Checks an exported bundle without any secret: everything in it against the signed anchors, row by row. */
export async function verifyBundle(options: BundleOptions): Promise<BundleReport> {
  const { files, decision } = options
  const manifest = parseManifest(await files.read('manifest.json'))
  const rows = createBundleRows(manifest?.origin ?? '')
  if (manifest !== null && (decision === undefined || manifest.decision === decision))
    return checkBundle(options, { manifest, rows })
  rows.findings.push({ kind: 'malformed', lane: 'bundle', seq: 0, detail: 'manifest.json' })
  return summarize({ rows, notes: [], scope: null, key: null, anchored: null })
}

async function checkBundle(
  { files, pinned, since = [] }: BundleOptions,
  { manifest, rows }: Pick<Run, 'manifest' | 'rows'>,
): Promise<BundleReport> {
  const notes: BundleNote[] = []
  if (pinned.key === undefined && pinned.fingerprint === undefined) notes.push('key_not_pinned')
  const key = chooseKey(await files.read('log-public.pem'), pinned)
  const place = { lane: 'anchors', seq: 0, detail: 'log-public.pem' }
  if (key === null) rows.findings.push({ kind: 'checkpoint_invalid', ...place })
  const hasCheckpoint = 'checkpoint.txt' in manifest.files || (await files.read('checkpoint.txt')) !== null
  if (!hasCheckpoint) notes.push('no_anchors')
  const run = key && hasCheckpoint ? { files, manifest, key, rows, expected: new Set<string>() } : null
  const anchored = run && (await checkBook(run, { since, notes }))
  return summarize({ rows, notes, scope: manifest, key, anchored })
}

interface Kept {
  readonly since: readonly string[]
  readonly notes: BundleNote[]
}

async function checkBook(run: Run, kept: Kept): Promise<BundleReport['anchoredUpTo']> {
  const { manifest, rows } = run
  const opened =
    manifest.decision === undefined
      ? await checkLog(run, kept.since)
      : await checkDecision(run, { ...kept, decision: manifest.decision })
  if (opened === null) return null
  const { checkpoint, time } = opened
  const until = time !== null && time < manifest.to ? time : manifest.to
  rows.finish(until, isCalm(rows))
  if (isCalm(rows)) await checkFiles(run)
  return { size: checkpoint.size, root: Buffer.from(checkpoint.root).toString('hex'), time }
}

interface Opened {
  readonly checkpoint: Checkpoint
  readonly time: string | null
}

async function checkLog(run: Run, since: readonly string[]): Promise<Opened | null> {
  const { files, manifest, key, rows } = run
  const lines = splitLines(await files.read('anchors.ndjson')).map(textOf)
  const kept = [...since, ...(await readTimes(run))]
  const note = await readText(files, 'checkpoint.txt')
  const opened = openAnchorLog({ lines, note, origin: manifest.origin, publicKey: key, since: kept })
  if (!opened.ok) {
    const detail = opened.fault === 'checkpoint_invalid' ? 'checkpoint.txt' : 'anchors.ndjson'
    rows.findings.push({ kind: opened.fault, lane: 'anchors', seq: opened.index, detail })
    return null
  }
  const { checkpoint, time } = opened.book
  if (time !== null && Date.parse(manifest.to) - Date.parse(time) > graceMs)
    rows.findings.push({ kind: 'anchors_stale', lane: 'anchors', seq: checkpoint.size, detail: 'anchors.ndjson' })
  await walkBook(run, opened.book)
  return { checkpoint, time }
}

async function checkDecision(
  run: Run,
  { since, notes, decision }: Kept & { decision: string },
): Promise<Opened | null> {
  const { files, manifest, key, rows } = run
  const { origin } = manifest
  const [newest = null, ...others] = [await readText(files, 'checkpoint.txt'), ...since, ...(await readTimes(run))].map(
    (note) => openCheckpoint(note, { origin, publicKey: key }),
  )
  if (newest === null || others.includes(null)) {
    rows.findings.push({ kind: 'checkpoint_invalid', lane: 'anchors', seq: 0, detail: 'checkpoint.txt' })
    return null
  }
  if (others.length > 0) notes.push('since_not_checked')
  await proveDecision(rows, { files, origin, decision, checkpoint: newest })
  return { checkpoint: newest, time: null }
}

/** Checkpoints with a time stamp: the log must continue them as well. */
async function readTimes({ files, manifest }: Run): Promise<string[]> {
  const names = Object.keys(manifest.files).filter((name) => /^time-\d+\.txt$/.test(name))
  return Promise.all(names.map((name) => readText(files, name)))
}

async function walkBook(run: Run, { records }: AnchoredBook): Promise<void> {
  const { files, manifest, rows, expected } = run
  const losses = records.filter((record) => record.kind === 'failover')
  const removed = records.flatMap((one) => (one.kind === 'retention' ? [segmentFile(one.lane, one.segment)] : []))
  for (const record of records) if (record.kind === 'report') rows.reports.set(record.date, record.digest)
  for (const segment of listSegments(records, manifest)) {
    const { lane, segment: number, first } = segment.part
    const file = segmentFile(lane, number)
    expected.add(file)
    rows.counts.segments++
    const bytes = await files.read(file)
    if (bytes !== null) rows.takeSegment(segment, splitLines(bytes), { file, losses })
    else if (removed.includes(file)) rows.counts.removed++
    else
      rows.findings.push({
        kind: 'segment_missing',
        ...{ lane, seq: first, toSeq: first + segment.size - 1, detail: file },
      })
  }
}

/** Where nothing else is wrong: reports against their anchored digests, everything else against the manifest. */
async function checkFiles(run: Run): Promise<void> {
  const { files, manifest, rows, expected } = run
  for (const name of await files.names()) {
    const isStranger = /^rows-.*\.ndjson$/s.test(name) && !expected.has(name)
    if (isStranger) rows.findings.push({ kind: 'inserted', lane: 'bundle', seq: 0, detail: name })
  }
  for (const [seq, name] of Object.keys(manifest.files).sort().entries()) {
    const bytes = await files.read(name)
    const kind = bytes === null ? 'deleted' : await judgeFile(run, name, bytes)
    if (kind !== null) rows.findings.push({ kind, lane: 'bundle', seq, detail: name })
  }
}

async function judgeFile({ files, manifest, rows, key }: Run, name: string, bytes: Uint8Array) {
  const digest = fileDigest(bytes)
  const date = /^report-(\d{4}-\d\d-\d\d)\.json$/.exec(name)?.[1]
  const known = date === undefined ? undefined : rows.reports.get(date)
  if (known !== undefined && known !== digest) return 'report_altered' as const
  if (digest !== manifest.files[name]) return 'edited' as const
  // What no row in here tells must be signed: the manifest is anybody's word.
  const isTold = date === undefined || known !== undefined
  const signature = isTold ? null : await files.read(`${name}.sig`)
  return isTold || (signature !== null && isSignature(bytes, { signature, publicKey: key })) ? null : 'report_altered'
}

function isCalm({ findings }: BundleRows): boolean {
  return findings.every(({ kind }) => exceptions.has(kind))
}

interface Summary {
  readonly rows: BundleRows
  readonly notes: BundleNote[]
  readonly scope: BundleManifest | null
  readonly key: KeyObject | null
  readonly anchored: BundleReport['anchoredUpTo']
}

function summarize({ rows, notes, scope, key, anchored }: Summary): BundleReport {
  const { counts } = rows
  if (counts.verified === 0) notes.push('no_rows_verified')
  const findings = [...rows.findings].sort(byPlace)
  const calm = findings.length > 0 ? 'PASS WITH EXCEPTIONS' : 'PASS'
  const { origin, from, to, decision } = scope ?? {}
  return {
    verdict: !isCalm(rows) ? 'FAIL' : notes.length > 0 ? 'INCOMPLETE' : calm,
    counts: { ...counts, findings: findings.length },
    anchoredUpTo: anchored,
    findings: findings.slice(0, maxFindings).map(inOrder),
    notes,
    scope: scope && ({ origin, from, to, ...(decision === undefined ? {} : { decision }) } as BundleManifest),
    key: key && keyFingerprint(key),
  }
}

/** Members in one order, so that reports of two verifiers can be compared as text. */
function inOrder({ kind, lane, seq, toSeq, detail }: Finding): Finding {
  return { kind, lane, seq, ...(toSeq === undefined ? {} : { toSeq }), detail }
}

function byPlace(a: Finding, b: Finding): number {
  const text = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)
  return (
    text(a.lane, b.lane) ||
    a.seq - b.seq ||
    text(a.kind, b.kind) ||
    (a.toSeq ?? -1) - (b.toSeq ?? -1) ||
    text(a.detail, b.detail)
  )
}

async function readText(files: BundleFiles, name: string): Promise<string> {
  return textOf((await files.read(name)) ?? new Uint8Array())
}

/** Bytes that are no text read as something that no signature and no leaf can fit. */
function textOf(bytes: Uint8Array): string {
  return decodeText(bytes) ?? '\ufffd'
}
