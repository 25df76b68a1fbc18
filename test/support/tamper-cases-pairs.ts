import type { TamperCase } from './tamper-case.ts'
import { keyOf, type Snapshot } from './tamper-store.ts'
import { append, at, type Document, documentOf, get, put } from './tamper-tools.ts'

const lane = 'L01'
const rowOf = (copy: Snapshot, seq: number, from = lane) => documentOf(get(copy.rows, at(from, seq)))

/** A row of the book without its place. */
function bodyOf(document: Document): Document {
  const { v, origin, lane: _lane, segment, seq, kid, time, ...body } = document
  void [v, origin, segment, seq, kid, time]
  return body as Document
}

/** The same as a row of another decision, without anything personal. */
function renamed(document: Document, decisionId: string): Document {
  const body = { ...bodyOf(document), decisionId }
  return document.kind === 'intent' ? withIntent(body, { personal: {} }) : body
}

function withIntent(document: Document, change: Document): Document {
  return { ...document, intent: { ...(document.intent as Document), ...change } }
}

/** Rows that the key makes authentic and that do not belong together. Added behind the last anchor. */
export const pairCases: readonly TamperCase[] = [
  {
    name: 'a second outcome of a decision',
    by: 'store + HMAC key',
    tamper: (copy) => append(copy, lane, [bodyOf(rowOf(copy, 26))]),
    finds: [['duplicate_outcome', lane, 27]],
  },
  {
    name: 'a second intent of a decision',
    by: 'store + HMAC key',
    tamper: (copy) => append(copy, lane, [bodyOf(rowOf(copy, 25))]),
    finds: [['duplicate_decision', lane, 27]],
  },
  {
    name: 'an intent without an outcome',
    by: 'store + HMAC key',
    tamper: (copy) => append(copy, lane, [renamed(rowOf(copy, 25), 'dx')]),
    finds: [['dangling_intent', lane, 27]],
    verdict: 'PASS WITH EXCEPTIONS',
  },
  {
    name: 'an outcome of a decision that was never made',
    by: 'store + HMAC key',
    tamper: (copy) => append(copy, lane, [renamed(rowOf(copy, 26), 'dx')]),
    finds: [['outcome_without_intent', lane, 27]],
  },
  {
    name: 'an outcome that names another row as its intent',
    by: 'store + HMAC key',
    tamper: (copy) => append(copy, lane, [renamed(rowOf(copy, 25), 'dx'), renamed(rowOf(copy, 26), 'dx')]),
    finds: [['outcome_without_intent', lane, 28]],
  },
  {
    name: 'a call after a refusal',
    by: 'store + HMAC key',
    tamper: (copy) => {
      append(copy, lane, [withIntent(renamed(rowOf(copy, 25), 'dx'), { verdict: 'deny' })])
      append(copy, lane, [outcomeOf(copy, 27)])
    },
    finds: [['called_without_permit', lane, 28]],
  },
  {
    name: 'an approval that was used before',
    by: 'store + HMAC key',
    tamper: (copy) => {
      append(copy, lane, [withIntent(renamed(rowOf(copy, 25), 'dx'), { approval: { id: 'apr_1', voters: ['v1'] } })])
      append(copy, lane, [outcomeOf(copy, 27)])
    },
    finds: [['approval_reused', lane, 28]],
  },
]

/** The outcome of row 26 as that of the decision dx, whose intent is the row at `seq`. */
function outcomeOf(copy: Snapshot, seq: number): Document {
  const outcome = renamed(rowOf(copy, 26), 'dx')
  const mac = Buffer.from(get(copy.rows, at(lane, seq)).mac as Uint8Array).toString('hex')
  return {
    ...outcome,
    outcome: { ...(outcome.outcome as Document), intent: { lane, segment: 3, seq, mac } },
  }
}

function openingAt(copy: Snapshot, seq: number): string {
  const { personal } = rowOf(copy, seq).intent as { personal: { partition: string; id: string } }
  return keyOf(personal.partition, personal.id)
}

/** Openings of personal commitments, which may go and may not change. */
export const openingCases: readonly TamperCase[] = [
  {
    name: 'a value changed',
    by: 'store',
    tamper: (copy) => put(copy.pii, openingAt(copy, 5), { statement_0: Buffer.from('select 1') }),
    finds: [['opening_mismatch', lane, 5]],
  },
  {
    name: 'a salt changed',
    by: 'store',
    tamper: (copy) => put(copy.pii, openingAt(copy, 5), { inputs_salt: Buffer.alloc(16) }),
    finds: [['opening_mismatch', lane, 5]],
  },
  {
    name: 'a value without its salt',
    by: 'store',
    tamper: (copy) => put(copy.pii, openingAt(copy, 5), { inputs_salt: undefined }),
    finds: [['opening_mismatch', lane, 5]],
  },
  {
    name: 'a value that no row commits to',
    by: 'store',
    tamper: (copy) =>
      put(copy.pii, openingAt(copy, 5), { purpose_0: Buffer.from('x'), purpose_salt: Buffer.alloc(16) }),
    finds: [['opening_mismatch', lane, 5]],
  },
  {
    name: 'the openings of two calls exchanged',
    by: 'store',
    tamper: (copy) => {
      const [one, other] = [openingAt(copy, 5), openingAt(copy, 7)]
      const [first, second] = [get(copy.pii, one), get(copy.pii, other)]
      copy.pii.set(one, second)
      copy.pii.set(other, first)
    },
    finds: [
      ['opening_mismatch', lane, 5],
      ['opening_mismatch', lane, 7],
    ],
  },
]

/** What is lawful, or nobody's fault: nothing may be found. */
export const lawfulCases: readonly TamperCase[] = [
  {
    name: 'nothing at all',
    by: 'store',
    tamper: () => undefined,
    finds: [],
    verdict: 'PASS',
    anchored: { L01: 24, L02: 12, L03: 2 },
  },
  {
    name: 'an opening erased',
    by: 'store',
    tamper: (copy) => copy.pii.delete(openingAt(copy, 5)),
    finds: [],
    verdict: 'PASS',
  },
  { name: 'every opening erased', by: 'store', tamper: (copy) => copy.pii.clear(), finds: [], verdict: 'PASS' },
  {
    name: 'one value of an opening erased with its salt',
    by: 'store',
    tamper: (copy) => put(copy.pii, openingAt(copy, 5), { inputs_0: undefined, inputs_salt: undefined }),
    finds: [],
    verdict: 'PASS',
  },
  {
    name: 'leases that ended, and a lane that was registered and never opened',
    by: 'store',
    tamper: (copy) => {
      for (const key of [...copy.meta.keys()]) put(copy.meta, key, { until: '2020-01-01T00:00:00.000Z' })
      copy.meta.set(keyOf('lane', 'L04'), { owner: 'gone', until: '2020-01-01T00:00:00.000Z', term: 1, segment: 0 })
    },
    finds: [],
    verdict: 'PASS',
  },
  {
    name: 'a reader who kept every checkpoint',
    by: 'store',
    tamper: () => undefined,
    keeps: 0,
    finds: [],
    verdict: 'PASS',
  },
]
