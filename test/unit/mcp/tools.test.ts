import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineBackend, rest } from '../../../shared/backend/define.ts'
import type { Effect } from '../../../shared/backend/effect.ts'
import { describeTool, findTool } from '../../../shared/mcp/tools.ts'

const backendOf = (inputs: z.ZodType, effect: Effect = 'read') =>
  defineBackend({
    name: 'a-b',
    title: 'A backend',
    scope: 'configured',
    hostSuffixes: { public: [], usgov: [], china: [] },
    operations: {
      doIt: {
        summary: 'Do it',
        effect,
        inputs: () => inputs,
        call: rest({ method: 'GET', path: '/', parameters: [] }),
      },
    },
  })

function toolOf(inputs: z.ZodType, effect?: Effect) {
  const backend = backendOf(inputs, effect)
  const operation = backend.operations.doIt
  if (operation === undefined) throw new Error('no operation')
  return describeTool({ backend, name: 'doIt' }, operation)
}

const propertyOf = (schema: z.ZodType) => {
  const { properties } = toolOf(z.strictObject({ it: schema })).inputSchema as { properties?: { it: unknown } }
  return properties?.it
}

describe('a tool', () => {
  it.each([
    ['read', [true, false, true, false]],
    ['write', [false, false, false, false]],
    ['delete', [false, true, true, false]],
    ['admin', [false, true, false, false]],
  ] as const)('of effect %s hints at %j', (effect, hints) => {
    const { annotations, _meta } = toolOf(z.strictObject({}), effect)
    const { readOnlyHint, destructiveHint, idempotentHint, openWorldHint } = annotations
    expect([readOnlyHint, destructiveHint, idempotentHint, openWorldHint]).toEqual(hints)
    expect(_meta).toEqual({ 'countersign/operation': 'a-b/doIt', 'countersign/effect': effect })
  })

  it.each([
    ['read', false],
    ['write', true],
    ['delete', true],
    ['admin', true],
  ] as const)('of effect %s takes an approval: %s', (effect, takes) => {
    const { properties, required } = toolOf(z.strictObject({ id: z.string() }), effect).inputSchema
    expect(Object.keys(properties as object)).toEqual(takes ? ['id', 'approval'] : ['id'])
    expect(required).toEqual(['id'])
  })

  it('is found by its name, and by no other', () => {
    const backend = backendOf(z.strictObject({}))
    expect(findTool('a_b__do_it', [backend])).toEqual({ backend, name: 'doIt' })
    for (const name of ['a_b__doIt', 'a_b_do_it', 'a-b__do_it', 'constructor', '__proto__', '']) {
      expect(findTool(name, [backend])).toBeUndefined()
    }
  })
})

describe('the schema of a tool', () => {
  it.each([
    ['a union', z.union([z.string(), z.number()]), { type: 'string', description: 'Also taken: number.' }],
    [
      'what may be null',
      z.string().max(3).nullable(),
      { type: 'string', maxLength: 3, description: 'Also taken: null.' },
    ],
    ['an integer', z.int(), { type: 'integer' }],
    ['a limited integer', z.int().min(1).max(9), { type: 'integer', minimum: 1, maximum: 9 }],
    [
      'an array of unions',
      z.array(z.union([z.boolean(), z.null()]).describe('A flag')),
      { type: 'array', items: { type: 'boolean', description: 'A flag. Also taken: null.' } },
    ],
    [
      'a union inside an object',
      z.strictObject({ anyOf: z.union([z.number(), z.string()]) }),
      {
        type: 'object',
        properties: { anyOf: { type: 'number', description: 'Also taken: string.' } },
        required: ['anyOf'],
        additionalProperties: false,
      },
    ],
  ])('says %s in the words that every client knows', (_, schema, expected) => {
    expect(propertyOf(schema)).toEqual(expected)
  })
})
