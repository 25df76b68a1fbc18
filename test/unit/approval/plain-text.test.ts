import { describe, expect, it } from 'vitest'
import { showPlainly, showValuePlainly } from '../../../shared/approval/plain-text.ts'

describe('text as a voter sees it', () => {
  it.each([
    ['an override of direction', 'a\u202Eb\u202C', 'a\\u{202e}b\\u{202c}'],
    ['isolates', '\u2066x\u2069', '\\u{2066}x\\u{2069}'],
    ['zero-width characters', 'pay\u200Bload\uFEFF', 'pay\\u{200b}load\\u{feff}'],
    ['a soft hyphen', 'a\u00ADb', 'a\\u{ad}b'],
    ['terminal controls', '\u001B[2Jx\u0007\u009B', '\\u{1b}[2Jx\\u{7}\\u{9b}'],
    ['tags', 'x\u{E0041}\u{E007F}', 'x\\u{e0041}\\u{e007f}'],
    ['variation selectors', 'x\uFE0F\u{E0100}', 'x\\u{fe0f}\\u{e0100}'],
    ['line separators', 'a\u2028b\u2029c', 'a\\u{2028}b\\u{2029}c'],
    ['halves of pairs', 'a\uD800b', 'a\\u{d800}b'],
    ['fillers', '\u3164\u115F\uFFA0', '\\u{3164}\\u{115f}\\u{ffa0}'],
    ['private characters', '\uE000', '\\u{e000}'],
  ])('names %s by number', (_, text, shown) => {
    expect(showPlainly(text)).toBe(shown)
  })

  it.each(['SELECT 1\n\tFROM x\r\n', 'Zażółć gęślą jaźń', '価格を確認', 'שלום עולם', 'naïve – „ja“', '🙂'])(
    'leaves %j as it is',
    (text) => {
      expect(showPlainly(text)).toBe(text)
    },
  )

  it('looks into every member and name of a value, and says whether something was changed', () => {
    let found = 0
    const shown = showValuePlainly({ 'a\u200B': [1, null, { b: 'x\u202E' }], c: true }, () => {
      found += 1
    })
    expect([shown, found]).toEqual([{ 'a\\u{200b}': [1, null, { b: 'x\\u{202e}' }], c: true }, 2])
  })
})
