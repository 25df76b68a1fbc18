import type { TamperCase } from './tamper-case.ts'
import { keyOf, type Snapshot } from './tamper-store.ts'
import {
  edit,
  get,
  headAt,
  overwrite,
  put,
  removePartition,
  removeRows,
  resealHead,
  restoreLane,
} from './tamper-tools.ts'

const lane = 'L01'
const third = headAt(lane, 3)

/** A segment as it was: its rows and its head. */
function restoreSegment(copy: Snapshot, segment: number, state: Snapshot): void {
  removePartition(copy, lane, segment)
  const prefix = `${lane}|00000${segment}`
  for (const [key, properties] of state.rows) if (key.startsWith(prefix)) copy.rows.set(key, properties)
}

const first = (states: readonly Snapshot[], index: number): Snapshot => {
  const state = states[index]
  if (state === undefined) throw new Error(`no state ${index}`)
  return state
}

/** Heads changed, removed or rolled back. */
export const headCases: readonly TamperCase[] = [
  {
    name: 'the head of the last segment deleted',
    by: 'store',
    tamper: (copy) => copy.rows.delete(third),
    finds: [['head_missing', lane, 27]],
  },
  {
    name: 'the head of a closed segment deleted',
    by: 'store',
    tamper: (copy) => copy.rows.delete(headAt(lane, 1)),
    finds: [['head_missing', lane, 9]],
  },
  {
    name: 'a head edited',
    by: 'store',
    tamper: (copy) => edit(copy, third, (head) => ({ ...head, nextSeq: 25 })),
    finds: [['head_altered', lane, 27]],
  },
  {
    name: 'a head emptied',
    by: 'store',
    tamper: (copy) => overwrite(copy, third, Buffer.from('{}')),
    finds: [['head_altered', lane, 27]],
  },
  {
    name: 'the MAC of a head',
    by: 'store',
    tamper: (copy) => put(copy.rows, third, { hmac: Buffer.alloc(32) }),
    finds: [['head_altered', lane, 27]],
  },
  {
    name: 'a column of a head',
    by: 'store',
    tamper: (copy) => put(copy.rows, headAt(lane, 1), { state: 'open' }),
    finds: [['head_altered', lane, 9]],
  },
  {
    name: 'the head of another segment',
    by: 'store',
    tamper: (copy) => copy.rows.set(third, get(copy.rows, headAt(lane, 2))),
    finds: [['head_altered', lane, 27]],
  },
  {
    name: 'the head of another lane',
    by: 'store',
    tamper: (copy) => copy.rows.set(third, get(copy.rows, headAt('L03', 1))),
    finds: [['head_altered', lane, 27]],
  },
  {
    name: 'an older head, the rows above it kept',
    by: 'store',
    tamper: (copy, states) => copy.rows.set(third, get(first(states, 3).rows, third)),
    finds: [['head_rolled_back', lane, 25, 26]],
  },
  {
    name: 'a closed segment’s head from when it was open and as long',
    by: 'store',
    tamper: (copy, states) => copy.rows.set(headAt(lane, 1), get(first(states, 0).rows, headAt(lane, 1))),
    finds: [['head_rolled_back', lane, 9]],
  },
  {
    name: 'a closed segment’s head from when it was open and shorter',
    by: 'store',
    tamper: (copy, states) => copy.rows.set(headAt(lane, 2), get(first(states, 1).rows, headAt(lane, 2))),
    finds: [['head_rolled_back', lane, 13, 17]],
  },
  {
    name: 'a head that promises rows that never were',
    by: 'store + HMAC key',
    tamper: (copy) => resealHead(copy, third, (head) => ({ ...head, nextSeq: 30 })),
    finds: [['deleted', lane, 27, 29]],
  },
  {
    name: 'a head that names another last row',
    by: 'store + HMAC key',
    tamper: (copy) => resealHead(copy, third, (head) => ({ ...head, mac: '00'.repeat(32) })),
    finds: [['forked', lane, 26]],
  },
  {
    name: 'a head that says that its segment began elsewhere',
    by: 'store + HMAC key',
    tamper: (copy) => resealHead(copy, headAt(lane, 2), (head) => ({ ...head, prev: '00'.repeat(32) })),
    finds: [['head_altered', lane, 9]],
  },
]

/** Tails, segments, lanes and tables taken away or put back as they were: consistent in themselves. */
export const rollbackCases: readonly TamperCase[] = [
  {
    name: 'the tail cut off with its head, down to what was anchored',
    by: 'store',
    tamper: (copy, states) => restoreSegment(copy, 3, first(states, 3)),
    finds: [],
    verdict: 'PASS',
    anchored: { L01: 24, L02: 12, L03: 2 },
  },
  {
    name: 'the tail cut off with its head, below what was anchored',
    by: 'store',
    tamper: (copy, states) => restoreSegment(copy, 3, first(states, 2)),
    finds: [['truncated', lane, 22, 24]],
  },
  {
    name: 'a lane put back to an earlier state',
    by: 'store',
    tamper: (copy, states) => restoreLane(copy, lane, first(states, 1)),
    finds: [['truncated', lane, 13, 24]],
  },
  {
    name: 'a lane put back to an earlier state, its directory entry kept',
    by: 'store',
    tamper: (copy, states) => {
      const entry = get(copy.meta, keyOf('lane', lane))
      restoreLane(copy, lane, first(states, 1))
      copy.meta.set(keyOf('lane', lane), entry)
    },
    finds: [['truncated', lane, 13, 24]],
  },
  {
    name: 'a lane put back to its first segment',
    by: 'store',
    tamper: (copy, states) => restoreLane(copy, lane, first(states, 0)),
    finds: [['truncated', lane, 9, 24]],
  },
  {
    name: 'the whole table put back to an earlier state',
    by: 'store',
    tamper: (copy, states) => {
      for (const name of ['L01', 'L02', 'L03']) restoreLane(copy, name, first(states, 0))
    },
    finds: [
      ['lane_missing', 'L03', 0, 2],
      ['truncated', 'L01', 9, 24],
      ['truncated', 'L02', 5, 12],
    ],
  },
  {
    name: 'a closed segment put back to when it was open and shorter',
    by: 'store',
    tamper: (copy, states) => restoreSegment(copy, 2, first(states, 1)),
    finds: [['head_rolled_back', lane, 13, 17]],
  },
  {
    name: 'the first segment taken out',
    by: 'store',
    tamper: (copy) => removePartition(copy, lane, 1),
    finds: [['segment_missing', lane, 0, 8]],
  },
  {
    name: 'a segment between two others taken out',
    by: 'store',
    tamper: (copy) => removePartition(copy, lane, 2),
    finds: [['segment_missing', lane, 9, 17]],
  },
  {
    name: 'the last segment taken out',
    by: 'store',
    tamper: (copy) => removePartition(copy, lane, 3),
    finds: [['truncated', lane, 18, 24]],
  },
  {
    name: 'a lane taken out',
    by: 'store',
    tamper: (copy) => removePartition(copy, 'L03'),
    finds: [
      ['lane_missing', 'L03', 0, 2],
      // Its outcome stood there.
      ['dangling_intent', 'L02', 12],
    ],
  },
  {
    name: 'a lane taken out with its directory entry',
    by: 'store',
    tamper: (copy) => {
      removePartition(copy, lane)
      copy.meta.delete(keyOf('lane', lane))
    },
    finds: [['lane_missing', lane, 0, 24]],
  },
  {
    name: 'every row of the table deleted',
    by: 'store',
    tamper: (copy) => copy.rows.clear(),
    finds: [
      ['lane_missing', 'L01', 0, 24],
      ['lane_missing', 'L02', 0, 12],
      ['lane_missing', 'L03', 0, 2],
    ],
  },
  {
    name: 'the tail and the head deleted',
    by: 'store',
    tamper: (copy) => {
      removeRows(copy, lane, [23, 26])
      copy.rows.delete(third)
    },
    finds: [
      ['truncated', lane, 23, 24],
      ['head_missing', lane, 23],
    ],
  },
  {
    name: 'two lanes’ contents exchanged',
    by: 'store',
    tamper: (copy) => {
      const [two, three] = ['L02|000001', 'L03|000001']
      const moved = [...copy.rows].filter(([key]) => key.startsWith(two) || key.startsWith(three))
      for (const [key] of moved) copy.rows.delete(key)
      for (const [key, properties] of moved)
        copy.rows.set(key.startsWith(two) ? key.replace(two, three) : key.replace(three, two), properties)
    },
    finds: [
      ['inserted', 'L02', 0, 2],
      ['truncated', 'L02', 3, 12],
      ['inserted', 'L03', 0, 12],
    ],
  },
  {
    name: 'a segment put where the next one would stand',
    by: 'store',
    tamper: (copy) => {
      for (const [key, properties] of [...copy.rows])
        if (key.startsWith('L01|000001')) copy.rows.set(key.replace('000001', '000004'), properties)
    },
    finds: [['inserted', lane, 27]],
  },
]
