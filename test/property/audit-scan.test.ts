import { createSecretKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { canonicalText, type Json, parseCanonicalText } from '../../shared/audit/canonical.ts'
import { leafDigest, rowMac } from '../../shared/audit/chain.ts'
import { draftIntent, draftOutcome, placeDraft } from '../../shared/audit/document.ts'
import type { RowDocument } from '../../shared/audit/record.ts'
import { isRowMac } from '../../shared/audit/verify-mac.ts'
import { factsOf, isRowDocument, scanRow } from '../../shared/audit/verify-schema.ts'
import { fc } from '../support/property.ts'
import { called, digest, kid, origin, permitted } from '../unit/audit/fixture.ts'

const place = { origin, lane: 'L01', segment: 1, seq: 7, kid, time: '2026-11-22T10:00:00.000Z' }
const word = fc.string({ maxLength: 12 })
const plain = fc.stringMatching(/^[ !#-[\]-~äß語]{0,12}$/)
const texts = fc.array(word, { maxLength: 3 })
const attributes = fc.dictionary(
  fc.stringMatching(/^[A-Za-z][\w.]{0,5}$/),
  fc.oneof(word, fc.boolean(), fc.integer(), texts),
  { maxKeys: 4, noNullPrototype: true },
)

function rowsOf(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const intent = fc.record({
    backend: text,
    context: attributes,
    reads: fc.array(text),
    max: fc.integer(),
    isSealed: fc.boolean(),
  })
  return intent.map(({ max, isSealed, ...facts }) => {
    const obligations = [{ kind: 'row_limit', max }] as const
    const draft = isSealed
      ? draftOutcome('d1', called({ code: facts.backend }), { lane: 'L01', segment: 1, seq: 6, mac: digest })
      : draftIntent(permitted('d1', { ...facts, obligations }), { inputs: digest })
    return Buffer.from(placeDraft(draft, place)).toString('utf8')
  })
}

/** What parsing says of a row's text: the judgement that a scan may only anticipate. */
function parsed(text: string) {
  const value = parseCanonicalText(text)
  return value !== null && isRowDocument(value) ? factsOf(value as unknown as RowDocument) : null
}

function scanned(text: string) {
  return scanRow(text, 'intent') ?? scanRow(text, 'outcome')
}

const mutation = fc.record({
  at: fc.nat(),
  removed: fc.nat(3),
  added: fc.constantFrom(
    '',
    '0',
    '-',
    '1e3',
    '.5',
    '"',
    '\\u0041',
    ' ',
    ',',
    '{}',
    '[]',
    ',"x":1',
    'null',
    '\u0000',
    '\ud800',
  ),
})

describe('a scan of a row', () => {
  it('reads what the writer writes without escapes, with the facts that parsing gives', () => {
    fc.assert(
      fc.property(rowsOf(plain), (text) => {
        const facts = scanned(text)
        const isPlain = !text.includes('\\')
        expect(facts === null).toBe(!isPlain)
        if (facts) expect(facts).toEqual(parsed(text))
      }),
    )
  })

  it('takes nothing that parsing refuses, after any change of the text', () => {
    let taken = 0
    fc.assert(
      fc.property(rowsOf(word), fc.array(mutation, { minLength: 1, maxLength: 3 }), (text, mutations) => {
        let changed = text
        for (const { at, removed, added } of mutations) {
          const begin = at % changed.length
          changed = changed.slice(0, begin) + added + changed.slice(begin + removed)
        }
        const facts = changed.isWellFormed() ? scanned(changed) : null
        if (facts === null) return
        taken++
        expect(facts).toEqual(parsed(changed))
      }),
      { numRuns: 3000 },
    )
    expect(taken).toBeGreaterThan(10)
  })

  it.each<[string, (row: Record<string, Json>) => Json]>([
    ['a member that no row has', (row) => ({ ...row, extra: 1 })],
    ['a member missing', ({ traceId: _gone, ...row }) => row],
    ['another version', (row) => ({ ...row, v: 2 })],
    ['a negative place', (row) => ({ ...row, seq: -1 })],
    ['a place as text', (row) => ({ ...row, seq: '7' })],
    ['another form of time', (row) => ({ ...row, time: '2026-11-22 10:00' })],
    ['the kind of another form', (row) => ({ ...row, kind: 'outcome' })],
    [
      'an obligation without a kind',
      (row) => ({ ...row, intent: { ...(row.intent as object), obligations: [{ max: 1 }] } }),
    ],
    ['an unknown verdict', (row) => ({ ...row, intent: { ...(row.intent as object), verdict: 'maybe' } })],
    [
      'a commitment that is no digest',
      (row) => ({ ...row, intent: { ...(row.intent as object), personal: { inputs: 'x' } } }),
    ],
  ])('leaves %s to parsing', (_what, change) => {
    const row = JSON.parse(Buffer.from(placeDraft(draftIntent(permitted('d1'), {}), place)).toString()) as Record<
      string,
      Json
    >
    expect(scanned(canonicalText(row))).not.toBeNull()
    expect(scanned(canonicalText(change(row)))).toBeNull()
  })

  it.each([
    ['two members exchanged', (text: string) => text.replace(/("decisionId":"d1"),(.*),("kid":"[^"]*")/, '$3,$2,$1')],
    ['a member twice', (text: string) => text.replace('"v":1', '"v":1,"v":1')],
    ['a leading zero', (text: string) => text.replace('"seq":7', '"seq":07')],
    ['white space', (text: string) => text.replace('"seq":7', '"seq": 7')],
    ['more after the end', (text: string) => `${text} `],
  ])('leaves %s to parsing', (_what, change) => {
    const text = Buffer.from(placeDraft(draftIntent(permitted('d1'), {}), place)).toString()
    expect(change(text)).not.toBe(text)
    expect(scanned(change(text))).toBeNull()
  })
})

describe('the check of a MAC', () => {
  const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size })
  const secret = fc.uint8Array({ minLength: 1, maxLength: 130 })
  const content = fc.uint8Array({ maxLength: 9000 })
  const sealed = fc.record({ secret, id: word, prev: bytes(32), row: content, at: fc.nat(31) })

  it('takes exactly the MAC that the chain defines, whatever the key, its id and the content', () => {
    fc.assert(
      fc.property(sealed, ({ secret, id, prev, row, at }) => {
        const key = createSecretKey(secret)
        const mac = rowMac(key, { kid: id, prev, leaf: leafDigest(row) })
        const wrong = Buffer.from(mac)
        wrong[at] = (wrong[at] ?? 0) ^ 1
        const claim = { kid: id, prev, content: row, mac }
        expect(isRowMac(key, claim)).toBe(true)
        expect(isRowMac(key, { ...claim, mac: wrong })).toBe(false)
        expect(isRowMac(key, { ...claim, kid: `${id}x` })).toBe(false)
        expect(isRowMac(key, { ...claim, prev: wrong })).toBe(false)
        expect(isRowMac(key, claim)).toBe(true)
      }),
    )
  })

  it('takes a prev column of another size only where the MAC covers that very one', () => {
    const key = createSecretKey(Buffer.alloc(32, 1))
    const [prev, content] = [Buffer.alloc(5), Buffer.from('{}')]
    const mac = rowMac(key, { kid, prev, leaf: leafDigest(content) })
    expect(isRowMac(key, { kid, prev, content, mac })).toBe(true)
    expect(isRowMac(key, { kid, prev: Buffer.alloc(6), content, mac })).toBe(false)
    expect(isRowMac(key, { kid, prev, content, mac: mac.subarray(1) })).toBe(false)
  })
})
