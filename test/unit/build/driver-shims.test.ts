import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'

const require = createRequire(import.meta.url)
/** What the driver itself would load. */
const original = createRequire(require.resolve('tedious'))
const load = (name: string) => require(`../../../infra/build/${name}-shim.cjs`)

describe('what database drivers find in place of their libraries', () => {
  it.each([
    ['CP1252', [0x80, 0xe9], '€é'],
    ['CP1251', [0xcf, 0xf0], 'Пр'],
    ['CP437', [0x41, 0x81, 0xe1], 'Aüß'],
    ['CP850', [0x9b, 0xb5], 'øÁ'],
    ['CP932', [0x93, 0xfa], '日'],
    ['utf8', [0xc3, 0xa4], 'ä'],
  ])('decodes %s as iconv-lite does', (encoding, bytes, text) => {
    expect(load('iconv').decode(Buffer.from(bytes), encoding)).toBe(text)
    expect(original('iconv-lite').decode(Buffer.from(bytes), encoding)).toBe(text)
  })

  it.each(['cp437', 'cp850', 'cp874', 'cp1250', 'cp1252', 'cp1254', 'cp1257'])('has every letter of %s', (encoding) => {
    const known = Array.from({ length: 32 }, (_none, at) => [0x82 + at, 0xa1 + at, 0xc1 + at, 0x20 + at]).flat()
    const shown = (text: string) => text.replace(/[\u0080-\u009f\ufffd\uf8c1-\uf8c8]/g, '')
    const ours = load('iconv').decode(Buffer.from(known), encoding)
    expect(shown(ours)).toBe(shown(original('iconv-lite').decode(Buffer.from(known), encoding)))
  })

  it('counts days as js-joda does', () => {
    const [ours, theirs] = [load('joda'), original('@js-joda/core')]
    const days = ({ LocalDate, ChronoUnit }: typeof theirs, [year, month, day]: readonly number[]) =>
      [1, 1900].map((from) => LocalDate.ofYearDay(from, 1).until(LocalDate.of(year, month, day), ChronoUnit.DAYS))
    for (const date of [
      [1, 1, 1],
      [99, 12, 31],
      [1582, 10, 15],
      [2024, 2, 29],
      [9999, 12, 31],
    ])
      expect(days(ours, date)).toEqual(days(theirs, date))
  })
})
