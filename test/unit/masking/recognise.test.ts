import { describe, expect, it } from 'vitest'
import { recognisers } from '../../../shared/masking/recognise-patterns.ts'
import { recogniseText } from '../../../shared/masking/recognise-text.ts'
import { negatives, positives } from '../../support/free-text.ts'

const all = () => true

describe('free text', () => {
  it.each(positives)('loses %s', (_what, text, identifier) => {
    const found = recogniseText(text, all)
    expect(found?.text).toBe(text.replace(identifier, found?.text.match(/\[removed: [a-z-]+\]/)?.[0] ?? '(not found)'))
  })

  it.each(negatives.map((text) => [text] as const))('keeps %s', (text) => {
    expect(recogniseText(text, all)).toBeNull()
  })

  it('is not changed by a second look', () => {
    for (const [, text] of positives) {
      const once = recogniseText(text, all)?.text ?? ''
      expect(recogniseText(once, all)).toBeNull()
    }
  })

  it('keeps what the person may see in clear', () => {
    const text = 'ann.berg@customer.example, BE68 5390 0754 7034'
    expect(recogniseText(text, (label) => label !== 'pii.contact')).toEqual({
      text: 'ann.berg@customer.example, [removed: iban]',
      labels: ['pii.payment'],
    })
  })

  it('has positives enough, and a check for each kind', () => {
    const seen = new Set(positives.map(([, text]) => recogniseText(text, all)?.text.match(/removed: ([a-z-]+)/)?.[1]))
    expect([...new Set(recognisers.map(({ name }) => name))].filter((name) => !seen.has(name))).toEqual([])
    expect(Math.min(positives.length - 46, negatives.length - 40)).toBeGreaterThanOrEqual(0)
  })

  it.each([
    ['digits', '1'.repeat(100_000)],
    ['digits and spaces', '12 '.repeat(40_000)],
    ['letters', 'a'.repeat(100_000)],
    ['at signs', 'a@'.repeat(50_000)],
    ['dots behind an at sign', `a@${'a.'.repeat(50_000)}`],
    ['capitals', 'BE12'.repeat(25_000)],
    ['announcing words', 'passport '.repeat(12_000)],
    ['plus signs', '+1 '.repeat(40_000)],
  ])('is searched in time that grows with its length: %s', (_name, text) => {
    const begin = performance.now()
    recogniseText(`${text}1@`, all)
    expect(performance.now() - begin).toBeLessThan(3000)
  })
})
