import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { describeTool, findTool } from '../../shared/mcp/tools.ts'
import { inputSchema } from '../../shared/openapi/schema.ts'
import { exemplary, loadFunctions, objectsIn, operationsOf } from '../support/line-declarations.ts'

const golden = fileURLToPath(new URL('./mcp-tools.json', import.meta.url))
const backends = await loadFunctions()
const declared = operationsOf(backends)
const tools = declared.map(({ backend, name, operation }) => describeTool({ backend, name }, operation))
const shown = declared.filter(({ backend }) => exemplary.includes(backend.name))
const golds = shown.map(({ backend, name, operation }) => describeTool({ backend, name }, operation))
// UPDATE_GOLDEN=1 writes the golden file anew; `npm run format` lays it out.
if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, JSON.stringify(golds, null, 2))

describe('MCP tools', () => {
  it('equal the golden file, member for member and in their order', () => {
    const kept: unknown = JSON.parse(readFileSync(golden, 'utf8'))
    expect(JSON.stringify(golds)).toBe(JSON.stringify(kept))
  })

  it('have names of their own, that lead back to their operation', () => {
    expect(new Set(tools.map(({ name }) => name)).size).toBe(declared.length)
    const found = tools.map(({ name }) => findTool(name, backends))
    expect(found.map((target) => `${target?.backend.name}.${target?.name}`)).toEqual(declared.map(({ title }) => title))
  })

  it('take an approval where their operation may need one, and no operation has an input of that name', () => {
    for (const { operation } of declared) {
      const own = inputSchema(operation, 'draft-2020-12').properties as object | undefined
      expect(Object.keys(own ?? {})).not.toContain('approval')
    }
    const taking = tools.filter(({ inputSchema: { properties } }) => 'approval' in (properties as object))
    const needing = tools.filter((_tool, at) => {
      const operation = declared[at]?.operation
      return operation?.effect !== 'read' || operation.runsAs === 'other'
    })
    expect(taking.map(({ name }) => name)).toEqual(needing.map(({ name }) => name))
  })

  // Clients take 128 at most and advise 25 to 30; who wants fewer connects to /mcp/{backend}.
  it('are few enough of one backend for clients to choose well', () => {
    for (const { backend } of declared) {
      expect(declared.filter((each) => each.backend === backend).length).toBeLessThanOrEqual(25)
    }
  })
})

describe.each(tools)('the tool $name', (tool) => {
  const schemas = objectsIn(tool.inputSchema).filter(({ pointer }) => !/\/(properties|default)$/.test(pointer))

  it('has a name of small letters, digits and underscores, a title and a description', () => {
    expect(tool.name).toMatch(/^[a-z0-9_]{1,64}$/)
    expect(tool.title.length * tool.description.length).toBeGreaterThan(0)
  })

  it('takes a closed object', () => {
    expect(tool.inputSchema).toMatchObject({ type: 'object', additionalProperties: false })
  })

  it.each(['$ref', '$defs', 'definitions', 'anyOf', 'oneOf', 'allOf', 'not', '$schema'])('does not say %s', (word) => {
    expect(schemas.filter(({ node }) => word in node)).toEqual([])
  })

  it('has one type everywhere, and items in every array', () => {
    const types = schemas.map(({ node }) => node.type)
    expect(types.filter((type) => typeof type !== 'string' || type === 'null')).toEqual([])
    expect(schemas.filter(({ node }) => node.type === 'array' && node.items === undefined)).toEqual([])
  })

  it('gives all four hints', () => {
    const { readOnlyHint, destructiveHint, idempotentHint, openWorldHint } = tool.annotations
    for (const hint of [readOnlyHint, destructiveHint, idempotentHint, openWorldHint])
      expect(hint).toBeTypeOf('boolean')
  })
})
