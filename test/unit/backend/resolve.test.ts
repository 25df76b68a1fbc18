import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineBackend, rest } from '../../../shared/backend/define.ts'
import { resolve, targetOf } from '../../../shared/backend/resolve.ts'
import { Problem } from '../../../shared/errors/problem.ts'
import { lineBackend } from '../../support/line-backend.ts'
import { inboundFor } from '../../support/line-world.ts'

const configured = new Map([[lineBackend.name, lineBackend]])

function codeOf(attempt: () => unknown): string {
  try {
    attempt()
  } catch (error) {
    return error instanceof Problem ? error.code : String(error)
  }
  return 'ok'
}

const backendOf = (inputs: () => z.ZodType) =>
  new Map([
    [
      'shapes',
      defineBackend({
        ...lineBackend,
        name: 'shapes',
        operations: {
          take: { summary: 'Take', effect: 'read', inputs, call: rest({ method: 'GET', path: '/', parameters: [] }) },
        },
      }),
    ],
  ])

function faultsOf(inputs: () => z.ZodType, value: unknown) {
  try {
    resolve({ backend: 'shapes', operation: 'take', inputs: () => value }, backendOf(inputs))
  } catch (error) {
    if (error instanceof Problem) return error.members.faults
    throw error
  }
  return []
}

describe('resolution', () => {
  it('builds the schema of an operation once, however often it is called', () => {
    let built = 0
    const backends = backendOf(() => {
      built += 1
      return z.strictObject({ id: z.string() })
    })
    const call = (inputs: unknown) => resolve({ backend: 'shapes', operation: 'take', inputs: () => inputs }, backends)
    expect([call({ id: 'a' }).inputs, call({ id: 'b' }).inputs]).toEqual([{ id: 'a' }, { id: 'b' }])
    expect(codeOf(() => call({ id: 1 }))).toBe('input_invalid')
    expect(built).toBe(1)
  })

  it('gives the declared operation and its parsed inputs', () => {
    expect(resolve(targetOf(inboundFor('getItem', { id: '7' })), configured)).toEqual({
      backend: lineBackend,
      operationName: 'getItem',
      operation: lineBackend.operations.getItem,
      inputs: { id: '7' },
    })
  })

  it.each([
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    'valueOf',
    '',
    'GetItem',
    'getItem ',
    'getItem/x',
  ])('knows no operation %j', (operation) => {
    expect(codeOf(() => resolve(targetOf(inboundFor(operation)), configured))).toBe('operation_unknown')
  })

  it.each(['', 'constructor', '__proto__', 'Line-Backend', 'operations'])('knows no backend %j', (backend) => {
    expect(codeOf(() => resolve(targetOf(inboundFor('getItem', {}, { backend })), configured))).toBe(
      'backend_not_configured',
    )
  })

  it.each(['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])('names no operation by %s', (method) => {
    expect(codeOf(() => resolve(targetOf(inboundFor('getItem', {}, { method })), configured))).toBe('operation_unknown')
  })

  it('looks at the names before it reads the body', () => {
    const bad = { body: Buffer.from('{') }
    expect(codeOf(() => resolve(targetOf(inboundFor('nothing', {}, bad)), configured))).toBe('operation_unknown')
  })

  it('fills in defaults, so that what is judged is what is sent', () => {
    const inputs = () => z.strictObject({ limit: z.int().default(25) })
    const target = { backend: 'shapes', operation: 'take', inputs: () => ({}) }
    expect(resolve(target, backendOf(inputs)).inputs).toEqual({ limit: 25 })
  })
})

describe('fault', () => {
  it.each([
    ['a type', z.string(), 7, 'is not a string'],
    ['a missing member', z.string(), undefined, 'is missing'],
    ['a largest value', z.number().max(5), 6, 'is larger than 5'],
    ['a smallest value', z.number().min(5), 4, 'is smaller than 5'],
    ['the values allowed', z.enum(['a', 'b']), 'c', 'is none of a, b'],
    ['a form', z.email(), 'c', 'is not in the form email'],
    ['nothing of its own', z.string().refine(() => false, 'secret words'), 'c', 'is not valid'],
    ['a union', z.union([z.string(), z.number()]), true, 'is not valid'],
  ])('names %s', (...[, member, value, detail]) => {
    const faults = faultsOf(() => z.strictObject({ member }), value === undefined ? {} : { member: value })
    expect(faults).toEqual([{ pointer: '/member', detail }])
  })

  it('names every unknown member by a pointer of its own', () => {
    expect(faultsOf(() => z.strictObject({}), { a: 1, 'b/c': 2 })).toEqual([
      { pointer: '/a', detail: 'is not an input' },
      { pointer: '/b~1c', detail: 'is not an input' },
    ])
  })
})
