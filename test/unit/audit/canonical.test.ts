import { describe, expect, it } from 'vitest'
import {
  canonicalBytes,
  canonicalText,
  canonicalTextOfPresent,
  type Json,
  parseCanonical,
} from '../../../shared/audit/canonical.ts'

describe('canonical JSON', () => {
  it('sorts members by UTF-16 code unit at every depth and writes no white space', () => {
    expect(canonicalText({ b: [{ z: 1, a: 'é' }], aB: true, a: null })).toBe(
      '{"a":null,"aB":true,"b":[{"a":"é","z":1}]}',
    )
  })

  it.each<[string, unknown]>([
    ['a float', { a: 0.5 }],
    ['an unsafe integer', { a: 2 ** 53 }],
    ['minus zero', { a: -0 }],
    ['not a number', { a: Number.NaN }],
    ['undefined', { a: undefined }],
    ['a hole', { a: new Array(1) }],
    ['a lone surrogate', { a: 'x\ud800' }],
    ['a lone surrogate in a name', { 'a\udfff': 1 }],
    ['a name like an index', { 1: 1 }],
    ['an empty name', { '': 1 }],
    ['a big integer', { a: 1n }],
    ['too deep a nesting', JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`)],
  ])('refuses to encode %s', (_name, value) => {
    expect(() => canonicalText(value as Json)).toThrow(TypeError)
  })

  it.each([
    ['white space', '{"a": 1}'],
    ['a line end', '{"a":1}\n'],
    ['unsorted members', '{"b":1,"a":2}'],
    ['a duplicate member', '{"a":1,"a":1}'],
    ['an index-like name', '{"1":1}'],
    ['a float', '{"a":1.5}'],
    ['an integer written as a float', '{"a":5.0}'],
    ['an exponent', '{"a":1e2}'],
    ['minus zero', '{"a":-0}'],
    ['an unsafe integer', '{"a":9007199254740993}'],
    ['a needless escape', '{"a":"\\u0041"}'],
    ['an escaped slash', '{"a":"\\/"}'],
    ['an upper-case escape', '{"a":"\\u001F"}'],
    ['an escaped lone surrogate', '{"a":"\\ud800"}'],
    ['nothing', ''],
    ['a byte order mark', '\ufeff{"a":1}'],
    ['a prototype member', '{"__proto__":1}'],
  ])('does not read %s', (_name, text) => {
    expect(parseCanonical(Buffer.from(text))).toBeNull()
  })

  it('does not read bytes that are not UTF-8', () => {
    expect(parseCanonical(Buffer.from([0x22, 0xff, 0x22]))).toBeNull()
    expect(parseCanonical(Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]))).toBeNull()
  })

  it.each(['\\ud800 as text', 'a\u2028b', '\u0000\u001f"\\/', '😀', '\\\\ud8ff'])('keeps the string %j', (value) => {
    expect(parseCanonical(canonicalBytes({ a: value }))).toEqual({ a: value })
  })
})

describe('the text of what is present', () => {
  it('leaves out undefined members, however deep', () => {
    const value = { b: undefined, a: { d: 1, c: undefined }, list: [{ e: undefined }] }
    expect(canonicalTextOfPresent(value)).toBe('{"a":{"d":1},"list":[{}]}')
  })

  it.each([
    ['an undefined item of a list', { list: [undefined] }],
    ['a fraction', { n: 0.5 }],
    ['a function', { f: () => 1 }],
    ['a lone surrogate', { s: '\ud800' }],
  ])('refuses %s', (_what, value) => {
    expect(() => canonicalTextOfPresent(value)).toThrow(TypeError)
  })
})
