import { firstKid, secondKid } from './tamper-book.ts'
import type { TamperCase } from './tamper-case.ts'
import { keyOf, type Snapshot } from './tamper-store.ts'
import {
  at,
  contentOf,
  documentOf,
  edit,
  get,
  overwrite,
  put,
  removeRows,
  resealRow,
  swapRows,
} from './tamper-tools.ts'

const lane = 'L01'
const flip = (copy: Snapshot, key: string, index: number) => {
  const bytes = contentOf(get(copy.rows, key))
  const place = index < 0 ? bytes.length + index : index
  bytes[place] = (bytes[place] ?? 0) ^ 1
  overwrite(copy, key, bytes)
}

/** One row changed by somebody who writes to the table and holds no key. */
export const singleRowCases: readonly TamperCase[] = [
  {
    name: 'a bit of the content',
    by: 'store',
    tamper: (copy) => flip(copy, at(lane, 5), 60),
    finds: [['edited', lane, 5]],
  },
  { name: 'the last byte', by: 'store', tamper: (copy) => flip(copy, at(lane, 20), -1), finds: [['edited', lane, 20]] },
  {
    name: 'a member, written canonically',
    by: 'store',
    tamper: (copy) => edit(copy, at(lane, 7), (row) => ({ ...row, traceId: '0'.repeat(32) })),
    finds: [['edited', lane, 7]],
  },
  {
    name: 'the status of an outcome',
    by: 'store',
    tamper: (copy) =>
      edit(copy, at(lane, 10), (row) => ({ ...row, outcome: { ...(row.outcome as object), status: 'not-called' } })),
    finds: [['edited', lane, 10]],
  },
  {
    name: 'an outcome made into that of another decision',
    by: 'store',
    tamper: (copy) => overwrite(copy, at(lane, 2), contentOf(get(copy.rows, at(lane, 6)))),
    finds: [['edited', lane, 2]],
  },
  {
    name: 'the content emptied',
    by: 'store',
    tamper: (copy) => overwrite(copy, at(lane, 4), Buffer.alloc(0)),
    finds: [['edited', lane, 4]],
  },
  {
    name: 'the content removed',
    by: 'store',
    tamper: (copy) => put(copy.rows, at(lane, 4), { c: undefined }),
    finds: [['edited', lane, 4]],
  },
  {
    name: 'one byte of a large row',
    by: 'store',
    tamper: (copy) => {
      const bytes = Buffer.from(get(copy.rows, at('L02', 3)).c1 as Uint8Array)
      bytes[9] = (bytes[9] ?? 0) ^ 1
      put(copy.rows, at('L02', 3), { c1: bytes })
    },
    finds: [['edited', 'L02', 3]],
  },
  {
    name: 'two parts of a large row swapped',
    by: 'store',
    tamper: (copy) => {
      const { c0, c1 } = get(copy.rows, at('L02', 3))
      put(copy.rows, at('L02', 3), { c0: c1, c1: c0 })
    },
    finds: [['edited', 'L02', 3]],
  },
  {
    name: 'the last part of a large row removed',
    by: 'store',
    tamper: (copy) => {
      const parts = Object.keys(get(copy.rows, at('L02', 3))).filter((name) => /^c\d+$/.test(name))
      put(copy.rows, at('L02', 3), { [parts.sort().at(-1) ?? '']: undefined })
    },
    finds: [['edited', 'L02', 3]],
  },
  {
    name: 'another content put in front of the authentic one',
    by: 'store',
    tamper: (copy) => put(copy.rows, at(lane, 6), { c0: Buffer.from('{}') }),
    finds: [['edited', lane, 6]],
  },
  {
    name: 'a MAC',
    by: 'store',
    tamper: (copy) => put(copy.rows, at(lane, 8), { mac: Buffer.alloc(32) }),
    finds: [['edited', lane, 8]],
  },
  {
    name: 'a MAC removed',
    by: 'store',
    tamper: (copy) => put(copy.rows, at(lane, 3), { mac: undefined }),
    finds: [['edited', lane, 3]],
  },
  {
    name: 'a MAC cut short',
    by: 'store',
    tamper: (copy) =>
      put(copy.rows, at(lane, 3), { mac: (get(copy.rows, at(lane, 3)).mac as Uint8Array).subarray(0, 16) }),
    finds: [['edited', lane, 3]],
  },
  {
    name: 'a prev',
    by: 'store',
    tamper: (copy) => put(copy.rows, at(lane, 19), { prev: Buffer.alloc(32) }),
    finds: [['edited', lane, 19]],
  },
  {
    name: 'the prev of the lane’s first row',
    by: 'store',
    tamper: (copy) => put(copy.rows, at(lane, 0), { prev: Buffer.alloc(32) }),
    finds: [['edited', lane, 0]],
  },
  {
    name: 'a row that was never anchored',
    by: 'store',
    tamper: (copy) => flip(copy, at(lane, 26), 60),
    finds: [['edited', lane, 26]],
  },
  {
    name: 'the key id of a row, to one that nobody knows',
    by: 'store',
    tamper: (copy) => put(copy.rows, at(lane, 3), { kid: 'audit-hmac-1999-01/ffffffff' }),
    finds: [['unknown_key', lane, 3]],
  },
  {
    name: 'the key id of a row, to another of ours',
    by: 'store',
    tamper: (copy) => put(copy.rows, at(lane, 3), { kid: secondKid }),
    finds: [['column_mismatch', lane, 3]],
  },
  {
    name: 'the kind column',
    by: 'store',
    tamper: (copy) => put(copy.rows, at(lane, 3), { kind: 'heartbeat' }),
    finds: [['column_mismatch', lane, 3]],
  },
  {
    name: 'the verdict column',
    by: 'store',
    tamper: (copy) => put(copy.rows, at(lane, 3), { verdict: 'deny' }),
    finds: [['column_mismatch', lane, 3]],
  },
  {
    name: 'the tenant column',
    by: 'store',
    tamper: (copy) => put(copy.rows, at(lane, 3), { tenant: 'another' }),
    finds: [['column_mismatch', lane, 3]],
  },
  {
    name: 'the time column',
    by: 'store',
    tamper: (copy) => put(copy.rows, at(lane, 22), { ts: '2020-01-01T00:00:00.000Z' }),
    finds: [['column_mismatch', lane, 22]],
  },
  {
    name: 'the decision column removed',
    by: 'store',
    tamper: (copy) => put(copy.rows, at(lane, 4), { decisionId: undefined }),
    finds: [['column_mismatch', lane, 4]],
  },
  {
    name: 'a decision column where there is none',
    by: 'store',
    tamper: (copy) => put(copy.rows, at(lane, 22), { decisionId: 'd1' }),
    finds: [['column_mismatch', lane, 22]],
  },
  {
    name: 'a property that no row has',
    by: 'store',
    tamper: (copy) => put(copy.rows, at(lane, 11), { note: 'approved by the board' }),
    finds: [['column_mismatch', lane, 11]],
  },
]

/** Rows deleted, added, moved or copied by somebody without a key. */
export const orderCases: readonly TamperCase[] = [
  {
    name: 'an event deleted',
    by: 'store',
    tamper: (copy) => removeRows(copy, lane, [22, 22]),
    finds: [['deleted', lane, 22, 22]],
  },
  {
    name: 'an outcome deleted',
    by: 'store',
    tamper: (copy) => removeRows(copy, lane, [4, 4]),
    finds: [
      ['deleted', lane, 4, 4],
      ['dangling_intent', lane, 3],
    ],
  },
  {
    name: 'an intent deleted',
    by: 'store',
    tamper: (copy) => removeRows(copy, lane, [3, 3]),
    finds: [['deleted', lane, 3, 3]],
  },
  {
    name: 'an intent deleted whose outcome stands in another lane',
    by: 'store',
    tamper: (copy) => removeRows(copy, 'L02', [12, 12]),
    finds: [['deleted', 'L02', 12, 12]],
  },
  {
    name: 'the announcement of a key deleted',
    by: 'store',
    tamper: (copy) => removeRows(copy, lane, [13, 13]),
    finds: [['deleted', lane, 13, 13]],
  },
  {
    name: 'a whole call deleted',
    by: 'store',
    tamper: (copy) => removeRows(copy, lane, [11, 12]),
    finds: [['deleted', lane, 11, 12]],
  },
  {
    name: 'calls deleted on both sides of a segment’s end',
    by: 'store',
    tamper: (copy) => removeRows(copy, lane, [7, 10]),
    finds: [['deleted', lane, 7, 10]],
  },
  {
    name: 'a lane’s opening deleted',
    by: 'store',
    tamper: (copy) => removeRows(copy, lane, [0, 0]),
    finds: [['deleted', lane, 0, 0]],
  },
  {
    name: 'the last rows of a closed segment deleted',
    by: 'store',
    tamper: (copy) => removeRows(copy, lane, [16, 17]),
    finds: [['deleted', lane, 16, 17]],
  },
  {
    name: 'the first row of a segment deleted',
    by: 'store',
    tamper: (copy) => removeRows(copy, lane, [18, 19]),
    finds: [['deleted', lane, 18, 19]],
  },
  {
    name: 'all rows of a segment deleted',
    by: 'store',
    tamper: (copy) => removeRows(copy, lane, [9, 17]),
    finds: [['deleted', lane, 9, 17]],
  },
  {
    name: 'the tail deleted, its head kept',
    by: 'store',
    tamper: (copy) => removeRows(copy, lane, [25, 26]),
    finds: [['deleted', lane, 25, 26]],
  },
  {
    name: 'two calls swapped',
    by: 'store',
    tamper: (copy) => {
      swapRows(copy, at(lane, 1), at(lane, 3))
      swapRows(copy, at(lane, 2), at(lane, 4))
    },
    finds: [1, 2, 3, 4].map((seq) => ['reordered', lane, seq] as const),
  },
  {
    name: 'the outcomes of two calls swapped',
    by: 'store',
    tamper: (copy) => swapRows(copy, at(lane, 2), at(lane, 4)),
    finds: [
      ['reordered', lane, 2],
      ['reordered', lane, 4],
    ],
  },
  {
    name: 'the intents of two calls swapped',
    by: 'store',
    tamper: (copy) => swapRows(copy, at(lane, 1), at(lane, 3)),
    finds: [
      ['reordered', lane, 1],
      ['reordered', lane, 3],
    ],
  },
  {
    name: 'rows swapped between two segments',
    by: 'store',
    tamper: (copy) => swapRows(copy, at(lane, 8), at(lane, 10)),
    finds: [
      ['reordered', lane, 8],
      ['reordered', lane, 10],
    ],
  },
  {
    name: 'an event overwritten by a copy of another row of the lane',
    by: 'store',
    tamper: (copy) => copy.rows.set(at(lane, 22), get(copy.rows, at(lane, 6))),
    finds: [['reordered', lane, 22]],
  },
  {
    name: 'an event overwritten by a row of another lane',
    by: 'store',
    tamper: (copy) => copy.rows.set(at(lane, 22), get(copy.rows, at('L02', 2))),
    finds: [['inserted', lane, 22]],
  },
  {
    name: 'an authentic row repeated above the head',
    by: 'store',
    tamper: (copy) => copy.rows.set(at(lane, 27), get(copy.rows, at(lane, 26))),
    finds: [['inserted', lane, 27]],
  },
  {
    name: 'a made-up row above the head',
    by: 'store',
    tamper: (copy) => {
      const last = get(copy.rows, at(lane, 26))
      copy.rows.set(at(lane, 27), { ...last, prev: last.mac as Uint8Array, mac: Buffer.alloc(32, 1) })
    },
    finds: [['inserted', lane, 27]],
  },
  {
    name: 'a made-up row far above the head',
    by: 'store',
    tamper: (copy) => copy.rows.set(at(lane, 500), get(copy.rows, at(lane, 26))),
    finds: [['inserted', lane, 500]],
  },
  {
    name: 'a row above the head of a closed segment',
    by: 'store',
    tamper: (copy) => copy.rows.set(keyOf('L01|000001', 'r0000000000000009'), get(copy.rows, at(lane, 8))),
    finds: [['inserted', lane, 9]],
  },
  {
    name: 'a row under a key that is no number',
    by: 'store',
    tamper: (copy) => copy.rows.set(keyOf('L01|000001', 'r0000000000000003a'), get(copy.rows, at(lane, 3))),
    finds: [['inserted', lane, 4]],
  },
  {
    name: 'a row in front of the head',
    by: 'store',
    tamper: (copy) => copy.rows.set(keyOf('L01|000001', '!a'), get(copy.rows, at(lane, 3))),
    finds: [['inserted', lane, 0]],
  },
  {
    name: 'a partition that is no segment',
    by: 'store',
    tamper: (copy) => copy.rows.set(keyOf('notes', 'x'), { text: 'hello' }),
    finds: [['inserted', 'notes', 0]],
  },
  {
    name: 'a lane that nobody opened, made of authentic rows',
    by: 'store',
    tamper: (copy) => {
      for (const rowKey of ['!head', 'r0000000000000000', 'r0000000000000001'])
        copy.rows.set(keyOf('L09|000001', rowKey), get(copy.rows, keyOf('L03|000001', rowKey)))
    },
    finds: [['inserted', 'L09', 0, 1]],
  },
]

const member = (copy: Snapshot, seq: number, members: Readonly<Record<string, string>>) =>
  resealRow(copy, at(lane, seq), (row) => ({ ...row, ...members }))

/** What somebody with the key writes into one row, its neighbours left as they are: form and encoding. */
export const encodingCases: readonly TamperCase[] = [
  {
    name: 'a newline behind the document',
    by: 'store + HMAC key',
    tamper: (copy) =>
      resealRow(copy, at(lane, 3), Buffer.concat([contentOf(get(copy.rows, at(lane, 3))), Buffer.from('\n')])),
    finds: [['not_canonical', lane, 3]],
  },
  {
    name: 'a member twice',
    by: 'store + HMAC key',
    tamper: (copy) =>
      resealRow(
        copy,
        at(lane, 3),
        Buffer.from(
          contentOf(get(copy.rows, at(lane, 3)))
            .toString()
            .replace('{', '{"v":1,'),
        ),
      ),
    finds: [['not_canonical', lane, 3]],
  },
  {
    name: 'members in another order',
    by: 'store + HMAC key',
    tamper: (copy) => {
      const entries = Object.entries(documentOf(get(copy.rows, at(lane, 3)))).reverse()
      resealRow(copy, at(lane, 3), Buffer.from(JSON.stringify(Object.fromEntries(entries))))
    },
    finds: [['not_canonical', lane, 3]],
  },
  {
    name: 'a fraction for an integer',
    by: 'store + HMAC key',
    tamper: (copy) =>
      resealRow(
        copy,
        at(lane, 4),
        Buffer.from(
          contentOf(get(copy.rows, at(lane, 4)))
            .toString()
            .replace('"bytes":412', '"bytes":412.0'),
        ),
      ),
    finds: [['not_canonical', lane, 4]],
  },
  {
    name: 'a byte order mark',
    by: 'store + HMAC key',
    tamper: (copy) =>
      resealRow(
        copy,
        at(lane, 3),
        Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), contentOf(get(copy.rows, at(lane, 3)))]),
      ),
    finds: [['not_canonical', lane, 3]],
  },
  {
    name: 'a byte that is no UTF-8',
    by: 'store + HMAC key',
    tamper: (copy) => {
      const bytes = contentOf(get(copy.rows, at(lane, 3)))
      bytes[30] = 0xff
      resealRow(copy, at(lane, 3), bytes)
    },
    finds: [['not_canonical', lane, 3]],
  },
  {
    name: 'a member that no row has',
    by: 'store + HMAC key',
    tamper: (copy) => member(copy, 3, { note: 'x' }),
    finds: [['malformed', lane, 3]],
  },
  {
    name: 'a kind that does not exist',
    by: 'store + HMAC key',
    tamper: (copy) => member(copy, 22, { kind: 'holiday' }),
    finds: [['malformed', lane, 22]],
  },
  {
    name: 'a time that is none',
    by: 'store + HMAC key',
    tamper: (copy) => member(copy, 22, { time: 'yesterday' }),
    finds: [['malformed', lane, 22]],
  },
  {
    name: 'the place of another row',
    by: 'store + HMAC key',
    tamper: (copy) => resealRow(copy, at(lane, 22), (row) => ({ ...row, seq: 23 })),
    finds: [['reordered', lane, 22]],
  },
  {
    name: 'the origin of another deployment',
    by: 'store + HMAC key',
    tamper: (copy) => member(copy, 22, { origin: 'audit.test/other' }),
    finds: [['inserted', lane, 22]],
  },
  {
    name: 'a key id that the column does not have',
    by: 'store + HMAC key',
    tamper: (copy) => resealRow(copy, at(lane, 22), (row) => ({ ...row, kid: firstKid })),
    finds: [
      ['column_mismatch', lane, 22],
      ['forked', lane, 23],
    ],
  },
]
