import { describe, expect, it } from 'vitest'
import { bodyLimits, escapePointer, parseBody } from '../../../shared/backend/inputs.ts'
import { Problem } from '../../../shared/errors/problem.ts'
import { badTexts, bodyOfSize, bodySecret } from '../../support/line-bodies.ts'

const type = 'application/json'
const parse = (text: string, contentType = type) => parseBody(Buffer.from(text), contentType)

function refusalOf(attempt: () => unknown): Problem {
  try {
    attempt()
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
  throw new Error('it was taken')
}

describe('body', () => {
  it.each(badTexts)('with $name is refused', ({ body, contentType = type, code, status, pointer }) => {
    const refusal = refusalOf(() => parseBody(body, contentType ?? ''))
    expect([refusal.code, refusal.status]).toEqual([code, status])
    expect(refusal.members.faults?.[0]?.pointer ?? null).toBe(pointer)
    expect(JSON.stringify([refusal.detail, refusal.members])).not.toContain(bodySecret)
  })

  it.each([
    ['a mebibyte', () => bodyOfSize(bodyLimits.bytes)],
    ['nesting of 32', () => Buffer.from('['.repeat(32) + ']'.repeat(32))],
    ['brackets in a string', () => Buffer.from(JSON.stringify({ note: '['.repeat(1000) }))],
    ['escaped quotes before brackets', () => Buffer.from(JSON.stringify({ note: `"\\${'['.repeat(1000)}` }))],
    ['siblings beyond the depth', () => Buffer.from(JSON.stringify(Array.from({ length: 100 }, () => [])))],
    ['tab, line feed and carriage return', () => Buffer.from(JSON.stringify({ note: '\t\n\r' }))],
    ['a whole surrogate pair', () => Buffer.from(JSON.stringify({ note: '😀' }))],
  ])('with %s is taken', (_, make) => {
    const body = make()
    expect(parseBody(body, type)).toEqual(JSON.parse(Buffer.from(body).toString()))
  })

  it.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
  ])('of type %s is taken', (contentType) => {
    expect(parse('{"a":1}', contentType)).toEqual({ a: 1 })
  })

  it('that is empty needs no media type and stands for no inputs', () => {
    expect(parseBody(new Uint8Array(), '')).toEqual({})
  })

  // What was judged is what is sent: inputs are written anew from what was parsed, so the first value goes nowhere.
  it('that names a member twice counts with the last', () => {
    expect(parse('{"sql":"DROP TABLE t","sql":"SELECT 1"}')).toEqual({ sql: 'SELECT 1' })
  })

  it('does not change any prototype', () => {
    expect(() => parse('{"__proto__":{"polluted":true}}')).toThrow(Problem)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('full of faults is answered with the first 20', () => {
    const refusal = refusalOf(() => parse(JSON.stringify(Array.from({ length: 50_000 }, () => '\u0001'))))
    expect(refusal.members.faults).toHaveLength(20)
  })

  it('is judged in one pass, however its strings are written', () => {
    const started = performance.now()
    for (const body of [`"${'\\"'.repeat(500_000)}`, '"'.repeat(1_000_000), `"${'\\'.repeat(1_000_000)}`]) {
      expect(refusalOf(() => parse(body)).code).toBe('input_invalid')
    }
    // Quadratic scanning took hours; a slow machine takes a second.
    expect(performance.now() - started).toBeLessThan(5000)
  })
})

describe('pointer token', () => {
  it.each([
    ['plain', 'plain'],
    ['a/b', 'a~1b'],
    ['a~b', 'a~0b'],
    ['~1', '~01'],
    ['a\u0000b\u0085c', 'a?b?c'],
    ['\ud800', '?'],
    ['x'.repeat(200), 'x'.repeat(100)],
  ])('%j becomes %j', (name, token) => {
    expect(escapePointer(name)).toBe(token)
  })
})
