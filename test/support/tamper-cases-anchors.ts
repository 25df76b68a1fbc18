import { type AnchorRecord, anchorLine } from '../../shared/audit/anchor.ts'
import { firstKid, logKey, strangeLogKey } from './tamper-book.ts'
import type { TamperCase } from './tamper-case.ts'
import type { Snapshot } from './tamper-store.ts'
import {
  at,
  checkpointsOf,
  type Document,
  documentOf,
  get,
  linesOf,
  putLines,
  resealRow,
  restoreLane,
  rewriteFrom,
  signLog,
} from './tamper-tools.ts'

const lane = 'L01'
const traced = (trace: string) => (row: Readonly<Record<string, unknown>>) => ({ ...row, traceId: trace }) as never
const other = 'f'.repeat(32)
const newestOf = (copy: Snapshot) => checkpointsOf(copy).at(-1) ?? ''
const sealed = (segment: number) => `segments/L01-00000${segment}.ndjson`

/** The book written anew by who holds the keys that MAC it: right in itself, and not what was anchored. */
export const rewriteCases: readonly TamperCase[] = [
  {
    name: 'one row, its neighbours left as they are',
    by: 'store + HMAC key',
    tamper: (copy) => resealRow(copy, at(lane, 5), traced(other)),
    finds: [['forked', lane, 6]],
  },
  {
    name: 'the last row of a closed segment, the next left as it is',
    by: 'store + HMAC key',
    tamper: (copy) => resealRow(copy, at(lane, 17), traced(other)),
    finds: [['forked', lane, 17]],
  },
  {
    name: 'an anchored row and all that follow',
    by: 'store + HMAC key',
    tamper: (copy) => rewriteFrom(copy, { lane, seq: 23 }, traced(other)),
    finds: [['rewritten', lane, 22, 24]],
  },
  {
    name: 'a row of a sealed segment and all that follow',
    by: 'store + HMAC key',
    tamper: (copy) => rewriteFrom(copy, { lane, seq: 10 }, traced(other)),
    finds: [['rewritten', lane, 9, 24]],
  },
  {
    name: 'a whole lane',
    by: 'store + HMAC key',
    tamper: (copy) => rewriteFrom(copy, { lane: 'L02', seq: 1 }, traced(other)),
    finds: [
      ['rewritten', 'L02', 0, 12],
      // The outcome of its last intent stands in a lane that was left as it was.
      ['outcome_without_intent', 'L03', 1],
    ],
  },
  {
    name: 'rows that no checkpoint covers: nobody can tell, and the report says how far the anchors reach',
    by: 'store + HMAC key',
    tamper: (copy) => rewriteFrom(copy, { lane, seq: 25 }, traced(other)),
    finds: [],
    verdict: 'PASS',
    anchored: { L01: 24, L02: 12, L03: 2 },
  },
  {
    name: 'a tail cut off and other rows put in its place',
    by: 'store + HMAC key',
    tamper: (copy, states) => {
      restoreLane(copy, lane, states[2] as Snapshot)
      const [one, two] = [states[3] as Snapshot, copy]
      for (const [key, row] of one.rows) if (key.startsWith('L01|000003')) two.rows.set(key, row)
      rewriteFrom(copy, { lane, seq: 22 }, (row) => ({ ...row, detail: { calls: 9 } }))
    },
    finds: [['rewritten', lane, 22, 24]],
  },
]

/** The anchors themselves: log, checkpoints, copies of sealed segments. */
export const anchorCases: readonly TamperCase[] = [
  {
    name: 'a record of the log edited',
    by: 'evidence',
    tamper: (copy) => {
      const lines = linesOf(copy)
      const place = lines.findIndex((line) => line.includes('"nextSeq":'))
      putLines(
        copy,
        lines.map((line, index) => (index === place ? line.replace('"nextSeq":', '"nextSeq":1') : line)),
      )
    },
    finds: [['anchor_log_altered', 'anchors', 12]],
  },
  {
    name: 'a record dropped from the middle',
    by: 'evidence',
    tamper: (copy) =>
      putLines(
        copy,
        linesOf(copy).filter((_, index) => index !== 2),
      ),
    finds: [['anchor_log_truncated', 'anchors', 11]],
  },
  {
    name: 'the last record dropped',
    by: 'evidence',
    tamper: (copy) => putLines(copy, linesOf(copy).slice(0, -1)),
    finds: [['anchor_log_truncated', 'anchors', 11]],
  },
  {
    name: 'two records swapped',
    by: 'evidence',
    tamper: (copy) => putLines(copy, linesOf(copy).reverse()),
    finds: [['anchor_log_altered', 'anchors', 12]],
  },
  {
    name: 'the whole log emptied, the checkpoints kept',
    by: 'evidence',
    tamper: (copy) => putLines(copy, []),
    finds: [['anchor_log_truncated', 'anchors', 0]],
  },
  {
    name: 'the newest checkpoint signed by another key',
    by: 'evidence',
    tamper: (copy) => signLog(copy, strangeLogKey),
    finds: [['checkpoint_invalid', 'anchors', 0]],
  },
  {
    name: 'the newest checkpoint edited',
    by: 'evidence',
    tamper: (copy) => {
      const text = get(copy.blobs, newestOf(copy)).toString('utf8')
      copy.blobs.set(newestOf(copy), Buffer.from(text.replace(/^\d+$/m, '1'), 'utf8'))
    },
    finds: [['checkpoint_invalid', 'anchors', 0]],
  },
  {
    name: 'an older checkpoint under the newest one’s name',
    by: 'evidence',
    tamper: (copy) => {
      const names = checkpointsOf(copy)
      copy.blobs.set(names.at(-1) ?? '', get(copy.blobs, names[0] ?? ''))
    },
    finds: [['anchors_stale', 'anchors', 4]],
    verdict: 'PASS WITH EXCEPTIONS',
    anchored: { L01: 8, L02: 4 },
  },
  {
    name: 'an older checkpoint under the newest one’s name, which the reader has seen',
    by: 'evidence',
    tamper: (copy) => {
      const names = checkpointsOf(copy)
      copy.blobs.set(names.at(-1) ?? '', get(copy.blobs, names[0] ?? ''))
    },
    keeps: 3,
    finds: [['anchor_log_rewritten', 'anchors', 4]],
  },
  {
    name: 'all checkpoints deleted',
    by: 'evidence',
    tamper: (copy) => {
      for (const name of checkpointsOf(copy)) copy.blobs.delete(name)
    },
    finds: [['checkpoint_invalid', 'anchors', 0]],
  },
  {
    name: 'everything deleted: no finding, and no pass',
    by: 'evidence',
    tamper: (copy) => copy.blobs.clear(),
    finds: [],
    verdict: 'INCOMPLETE',
  },
  {
    name: 'a line of a sealed segment changed',
    by: 'evidence',
    tamper: (copy) =>
      copy.blobs.set(
        sealed(1),
        Buffer.from(get(copy.blobs, sealed(1)).toString('utf8').replace('"decisionId":"d2"', '"decisionId":"dx"')),
      ),
    finds: [['edited', lane, 5]],
  },
  {
    name: 'a line of a sealed segment dropped',
    by: 'evidence',
    tamper: (copy) => {
      const lines = get(copy.blobs, sealed(2)).toString('utf8').split('\n')
      copy.blobs.set(sealed(2), Buffer.from(lines.filter((_, index) => index !== 3).join('\n')))
    },
    finds: [['deleted', lane, 12, 12]],
  },
  {
    name: 'the end of a sealed segment cut off',
    by: 'evidence',
    tamper: (copy) => copy.blobs.set(sealed(2), get(copy.blobs, sealed(2)).subarray(0, -200)),
    finds: [['edited', lane, 17]],
  },
  {
    name: 'a sealed segment replaced by another',
    by: 'evidence',
    tamper: (copy) => copy.blobs.set(sealed(2), get(copy.blobs, sealed(1))),
    finds: [['edited', lane, 9, 17]],
  },
  {
    name: 'a sealed segment deleted',
    by: 'evidence',
    tamper: (copy) => copy.blobs.delete(sealed(1)),
    finds: [['segment_missing', lane, 0, 8]],
  },
  {
    name: 'a sealed segment put there that was never sealed',
    by: 'evidence',
    tamper: (copy) => copy.blobs.set(sealed(3), Buffer.from('{}\n')),
    finds: [],
    verdict: 'PASS',
  },
  {
    name: 'a row changed in the table and in its sealed copy',
    by: 'store + evidence',
    tamper: (copy) => {
      const changed = Buffer.from(JSON.stringify({ ...documentOf(get(copy.rows, at(lane, 5))), traceId: other }))
      resealRowWithoutKey(copy, changed)
      const text = get(copy.blobs, sealed(1)).toString('utf8').split('\n')
      copy.blobs.set(
        sealed(1),
        Buffer.from(text.map((line, index) => (index === 5 ? changed.toString() : line)).join('\n')),
      )
    },
    finds: [['edited', lane, 5]],
  },
  {
    name: 'book and anchors written anew, with every key: found by who kept a checkpoint',
    by: 'everything',
    tamper: async (copy) => {
      rewriteFrom(copy, { lane, seq: 23 }, traced(other))
      await forgeHeads(copy)
    },
    keeps: 3,
    finds: [['anchor_log_rewritten', 'anchors', 12]],
  },
  {
    name: 'book and anchors written anew, with every key, and nobody kept a checkpoint: the limit of the design',
    by: 'everything',
    tamper: async (copy) => {
      rewriteFrom(copy, { lane, seq: 23 }, traced(other))
      await forgeHeads(copy)
    },
    finds: [],
    verdict: 'PASS',
  },
]

function resealRowWithoutKey(copy: Snapshot, bytes: Uint8Array): void {
  const stored = get(copy.rows, at(lane, 5))
  copy.rows.set(at(lane, 5), { ...stored, c: bytes })
}

/** Makes the last record say what the rewritten rows say, and signs the log again. */
async function forgeHeads(copy: Snapshot): Promise<void> {
  const lines = linesOf(copy)
  const record = JSON.parse(lines.at(-1) ?? '') as AnchorRecord
  if (record.kind !== 'heads') throw new Error('the last record holds no heads')
  const mac = Buffer.from(get(copy.rows, at(lane, 24)).mac as Uint8Array).toString('hex')
  const heads = record.heads.map((head) => (head.lane === lane ? { ...head, mac } : head))
  putLines(copy, [...lines.slice(0, -1), anchorLine({ ...record, heads })])
  await signLog(copy, logKey)
}

/** Keys and what the vault says of them. */
export const keyCases: readonly TamperCase[] = [
  {
    name: 'the secret of a month replaced in the vault',
    by: 'vault',
    tamper: () => undefined,
    vault: 'another secret',
    finds: [
      ['unknown_key', 'L01', 0, 13],
      ['unknown_key', 'L02', 0, 5],
    ],
  },
  {
    name: 'the secret of a month gone from the vault',
    by: 'vault',
    tamper: () => undefined,
    vault: 'no first key',
    finds: [
      ['unknown_key', 'L01', 0, 13],
      ['unknown_key', 'L02', 0, 5],
    ],
  },
  {
    name: 'rows written after their key had been retired',
    by: 'vault',
    tamper: () => undefined,
    vault: 'first key retired early',
    finds: [
      ['retired_key', 'L01', 9, 13],
      ['retired_key', 'L02', 5, 5],
    ],
  },
  {
    name: 'another signing key in the vault',
    by: 'vault',
    tamper: () => undefined,
    vault: 'another signing key',
    finds: [['checkpoint_invalid', 'anchors', 0]],
  },
  {
    name: 'rows under the key of the month before, without an announcement',
    by: 'store + HMAC key',
    tamper: (copy) => useOldKey(copy),
    finds: [['unannounced_key', lane, 25]],
  },
  {
    name: 'rows under a key that had been retired by then',
    by: 'store + HMAC key',
    tamper: (copy) => useOldKey(copy, { time: '2026-12-01T02:00:00.000Z' }),
    finds: [['retired_key', lane, 25, 26]],
  },
  {
    name: 'the announcement of a key rewritten to name another',
    by: 'store + HMAC key',
    tamper: (copy) => rewriteFrom(copy, { lane, seq: 13 }, (row) => ({ ...row, detail: { from: 'x', to: 'y' } })),
    finds: [
      ['unannounced_key', lane, 14],
      ['rewritten', lane, 13, 24],
    ],
  },
]

/** Rows 25 and 26 under the first month's key, which a thief may still have. */
function useOldKey(copy: Snapshot, more: Document = {}): void {
  for (const seq of [26, 25]) rewriteFrom(copy, { lane, seq }, (row) => ({ ...row, kid: firstKid, ...more }))
}
