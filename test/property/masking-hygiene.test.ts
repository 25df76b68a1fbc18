import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { neutralise } from '../../shared/masking/hygiene.ts'

const pieces = [
  '\u0000',
  '\u001b[31m',
  '\u001b]0;x\u0007',
  '\u001b',
  '\u009b',
  '\u200b',
  '\u200d',
  '\u200c',
  '\ufe0f',
  '\ufe01',
  '\u202e',
  '\u2066',
  '\u200f',
  '\u2028',
  '\ud83d',
  '\ude00',
  '\ufff9',
  '\u{e0061}',
  '\u{e007f}',
  '\u{e0100}',
  '\u{1f3f4}',
  '👩',
  '🏽',
  '❤',
  '葛',
  'ש',
  'م',
  'क',
  'a',
  '1',
  ' ',
  '\n',
  '[',
  ']',
  '(',
  ')',
  ':',
  '!',
  '<',
  '>',
  '/',
  '\\',
  '&#58;',
  'img',
  'https://e.example',
  '//e',
  'javascript:',
  'style=',
  'onload=',
  '-->',
  '|',
  '~',
  '^',
  '_',
]
const text = fc.array(fc.constantFrom(...pieces), { maxLength: 24 }).map((list) => list.join(''))
const dangerous =
  /[\p{Cs}\u202a-\u202e\u2066-\u2069\u200b\u2060\ufeff\u001b\u{e0000}-\u{e0060}]|\]\((?:https:|\/\/)|<(?:img|script)[^\w-]/u

describe('a text made harmless', () => {
  it('is not changed by doing it again', () => {
    fc.assert(
      fc.property(text, (given) => {
        const once = neutralise(given).text
        expect(neutralise(once)).toEqual({ text: once, count: 0 })
      }),
      { numRuns: 3000 },
    )
  })

  it('holds nothing that hides, reorders or fetches', () => {
    fc.assert(
      fc.property(text, (given) => void expect(neutralise(given).text).not.toMatch(dangerous)),
      { numRuns: 3000 },
    )
  })

  it('keeps every letter and digit', () => {
    const letters = (value: string) => value.replaceAll(/[^\p{L}\p{N}]/gu, '')
    const plain = fc.array(fc.constantFrom('a', 'é', 'ß', 'ж', 'ש', 'م', '葛', '7', '-', '\u200b', '\u202e', '\u0000'))
    fc.assert(
      fc.property(plain, (list) => void expect(letters(neutralise(list.join('')).text)).toBe(letters(list.join('')))),
    )
  })

  it.each([
    ['numbers', fc.double().map(String)],
    ['whole numbers', fc.bigInt().map(String)],
    ['dates', fc.date({ noInvalidDate: true }).map((date) => date.toISOString())],
    ['ids', fc.uuid()],
    ['addresses', fc.webUrl()],
  ])('is what it was where it is one of the %s', (_name, values) => {
    fc.assert(fc.property(values, (value) => void expect(neutralise(value)).toEqual({ text: value, count: 0 })))
  })
})
