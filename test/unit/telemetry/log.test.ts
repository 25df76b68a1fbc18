import { describe, expect, it } from 'vitest'
import { Problem } from '../../../shared/errors/problem.ts'
import { createLog, type LogFields, nameFailure } from '../../../shared/telemetry/log.ts'
import { fc } from '../../support/property.ts'

const allowed = [
  'decisionId',
  'instance',
  'traceId',
  'code',
  'reason',
  'status',
  'backend',
  'operation',
  'kind',
  'durationMs',
  'error',
  'count',
  'days',
  'version',
  'digest',
]

function linesOf(event: string, fields?: LogFields): string[] {
  const lines: string[] = []
  createLog(
    (line) => lines.push(line),
    () => 0,
  )(event, fields)
  return lines
}

describe('log', () => {
  it('writes one JSON object a line, with time and event', () => {
    expect(linesOf('start').map((line) => JSON.parse(line) as unknown)).toEqual([
      { time: '1970-01-01T00:00:00.000Z', event: 'start' },
    ])
  })

  it('keeps every allowed field', () => {
    const fields = Object.fromEntries(allowed.map((name, index) => [name, index]))
    expect(JSON.parse(linesOf('x', fields)[0] ?? '')).toMatchObject(fields)
  })

  it.each([
    'token',
    'authorization',
    'inputs',
    'upn',
    'message',
    'detail',
    'oid',
    'stack',
    '__proto__',
    'Code',
    'code ',
  ])('drops the field %s', (name) => {
    const fields = JSON.parse(`{${JSON.stringify(name)}:"secret-value"}`) as LogFields
    expect(linesOf('x', fields).join('')).not.toContain('secret-value')
  })

  it('lets no value out of a field that is not allowed', () => {
    const names = fc.oneof(fc.string(), fc.constantFrom('token', 'sub', 'time', 'event', ...allowed))
    fc.assert(
      fc.property(fc.dictionary(names, fc.uuid()), (fields) => {
        const [line = '', ...more] = linesOf('x', fields)
        expect(more).toEqual([])
        for (const [name, value] of Object.entries(fields)) expect(line.includes(value)).toBe(allowed.includes(name))
      }),
    )
  })

  it('breaks no line, whatever a field holds', () => {
    expect(linesOf('x', { reason: 'a\nb\r\u2028c' })[0]).not.toMatch(/[\n\r]/)
  })
})

describe('name of a failure', () => {
  it.each([
    [new Error('secret-value'), 'Error'],
    [new TypeError('secret-value'), 'TypeError'],
    [Object.assign(new Error('secret-value'), { code: 'ECONNREFUSED' }), 'Error/ECONNREFUSED'],
    [Object.assign(new Error('secret-value'), { code: 7 }), 'Error'],
    [new Problem('internal', 'secret-value', { reason: 'secret-value' }), 'Problem/internal'],
    ['secret-value', 'string'],
    [undefined, 'undefined'],
    [{ message: 'secret-value' }, 'object'],
  ])('is never its message: %s', (error, name) => {
    expect(nameFailure(error)).toBe(name)
  })
})
