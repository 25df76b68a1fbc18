import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { effects } from '../../shared/backend/effect.ts'
import { parsePointer } from '../../shared/masking/pointer.ts'
import { dialects } from '../../shared/sql/statement.ts'
import { inputsTaken, inputsUsedBeside, schemaOfInputs } from '../support/declared-calls.ts'
import {
  type DeclaredOperation,
  functionFiles,
  functionsFolder,
  loadFunctions,
  objectsIn,
  operationsOf,
} from '../support/line-declarations.ts'

const backends = await loadFunctions()
const operations = operationsOf(backends)
const policyFolder = new URL('../../infra/policy/', import.meta.url)

/** First segments under `/api` that are routes of our own (design: routes), and so no backend's name. */
const reserved = [
  'operations',
  'explain',
  'approvals',
  'me',
  'audit',
  'break-glass',
  'suspensions',
  'usage',
  'policies',
  'recordings',
]

const inputNames = ({ operation }: DeclaredOperation) => {
  const { properties = {} } = schemaOfInputs(operation, 'draft-2020-12') as { properties?: object }
  return Object.keys(properties)
}

/** The source lines of one operation: from its name to the closing brace of the same indentation. */
function linesOf(source: string, name: string): number {
  const lines = source.split('\n')
  const start = lines.findIndex((line) => new RegExp(`^\\s+${name}: \\{$`).test(line))
  // Made by a helper of the file, on one line or a few.
  if (start === -1) return 0
  const indent = /^\s+/.exec(lines[start] ?? '')?.[0] ?? ''
  return lines.findIndex((line, at) => at > start && line === `${indent}},`) - start + 1
}

describe('functions', () => {
  it('declare at least a database and an API', () => {
    expect(backends.map(({ name }) => name)).toEqual(expect.arrayContaining(['azure-postgresql', 'rest-entra-api']))
  })

  it('can be imported without any setting', () => {
    expect(Object.keys(process.env).filter((name) => name.startsWith('COUNTERSIGN_'))).toEqual([])
    expect(operations.length).toBeGreaterThan(0)
  })

  it.each(functionFiles)('%s imports how to declare and how to serve, nothing else', (file) => {
    const source = readFileSync(`${functionsFolder}${file}`, 'utf8')
    const imports = [...source.matchAll(/from '([^']+)'/g)].map(([, name]) => name)
    const allowed = /^(?:zod|\.\.\/shared\/serve\.ts|\.\.\/shared\/backend\/define(?:-[a-z]+)*\.ts)$/
    const others = imports.filter((name) => !allowed.test(name ?? ''))
    expect(others).toEqual([])
  })
})

describe.each(backends.map((backend) => ({ name: backend.name, backend })))('backend $name', ({ name, backend }) => {
  it('is declared in the file of its name', () => {
    expect(functionFiles).toContain(`${name}.ts`)
  })

  it('has a name that no route of our own has', () => {
    expect(reserved).not.toContain(name)
  })

  it('says what it is in one line', () => {
    expect(backend.title).toMatch(/^[A-Z][^\n]{5,80}$/)
  })

  it('asks its identity probe by well-formed pointers', () => {
    const probe = backend.identityProbe
    const pointers = probe?.method === 'request' ? [probe.oid, probe.tid ?? probe.oid] : []
    for (const pointer of pointers) expect(parsePointer(pointer).length).toBeGreaterThan(0)
  })

  it('keeps each operation to 36 lines', () => {
    const source = readFileSync(`${functionsFolder}${name}.ts`, 'utf8')
    const sizes = Object.keys(backend.operations).map((each) => [each, linesOf(source, each)] as const)
    expect(sizes.filter(([, lines]) => lines > 36)).toEqual([])
  })
})

describe.each(operations.map((each) => ({ title: each.title, each })))('operation $title', ({ each }) => {
  const { operation, name } = each

  it('has a name in camel case and a summary in one line', () => {
    expect(name).toMatch(/^[a-z][A-Za-z0-9]{2,39}$/)
    expect(operation.summary).toMatch(/^[A-Z][^\n]{5,100}[^.\s]$/)
    expect(effects).toContain(operation.effect)
  })

  it('takes one object and refuses unknown members, inside too', () => {
    const schema = schemaOfInputs(operation, 'draft-2020-12')
    expect(schema.type).toBe('object')
    expect(schema.additionalProperties).toBe(false)
    // A map has members of any name, and says what they are.
    const isMap = ({ properties, additionalProperties }: Readonly<Record<string, unknown>>) =>
      properties === undefined || typeof additionalProperties === 'object'
    const open = objectsIn(schema).filter(
      ({ node }) => node.type === 'object' && node.additionalProperties !== false && !isMap(node),
    )
    expect(open.map(({ pointer }) => pointer)).toEqual([])
    expect(operation.inputs().safeParse({ 'no such input': 1 }).success).toBe(false)
  })

  it('bounds every text and every list', () => {
    const unbounded = objectsIn(schemaOfInputs(operation, 'draft-2020-12')).filter(({ node }) => {
      const text =
        node.type === 'string' && !['maxLength', 'pattern', 'enum', 'const', 'format'].some((key) => key in node)
      return text || (node.type === 'array' && !('maxItems' in node))
    })
    const places = unbounded.map(({ pointer }) => pointer).filter((pointer) => !pointer.endsWith('/propertyNames'))
    expect(places).toEqual([])
  })

  it.each(['openapi-3.0', 'draft-2020-12'] as const)('has inputs that %s can say', (target) => {
    expect(JSON.stringify(schemaOfInputs(operation, target))).not.toContain('$ref')
  })

  it('calls with inputs that exist', () => {
    expect(inputsTaken(operation).filter((taken) => !inputNames(each).includes(taken))).toEqual([])
  })

  it('uses every input', () => {
    // What nobody can do is declared to say so: its inputs lead nowhere.
    if (operation.unsupported !== undefined) return
    const used = [...inputsTaken(operation), ...inputsUsedBeside(operation)]
    expect(inputNames(each).filter((input) => !used.includes(input))).toEqual([])
  })

  it('names an object that is an input, if any', () => {
    if (operation.object !== undefined) expect(inputNames(each)).toContain(operation.object)
  })

  it('has its statement judged that it sends', () => {
    const { call, statement } = operation
    if (statement !== undefined) expect(dialects).toContain(statement.dialect)
    if (statement !== undefined) expect(inputsTaken(operation)).toContain(statement.input)
    if (call.technology === 'databricks') expect(statement?.input).toBe(call.inputs.statement)
    if (!('readOnly' in call)) return
    expect(statement?.input).toBe(call.statement.from === 'input' ? call.statement.text : undefined)
  })

  it('writes only where it is declared to', () => {
    const { call, effect } = operation
    const changes = ['cancel', 'start-warehouse', 'stop-warehouse']
    // What a statement does is for the judgement to say, where the backend has no read-only session.
    if (call.technology === 'databricks' && call.action === 'execute')
      return expect([call.fixed, operation.statement]).toContainEqual(expect.anything())
    if (call.technology === 'databricks') return expect(!changes.includes(call.action)).toBe(effect === 'read')
    if ('readOnly' in call) expect(call.readOnly).toBe(effect === 'read')
  })

  it('labels members by well-formed pointers and dotted names', () => {
    for (const [pointer, label] of Object.entries(operation.labels ?? {})) {
      expect(parsePointer(pointer).length).toBeGreaterThan(0)
      expect(label).toMatch(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$/)
    }
  })
})

describe('policy', () => {
  const files = readdirSync(policyFolder).filter((file) => file.endsWith('.cedar'))
  const texts = files.map((file) => readFileSync(new URL(file, policyFolder), 'utf8')).join('\n')
  const uses = (type: string) => [
    ...new Set([...texts.matchAll(new RegExp(`${type}::"([^"]+)"`, 'g'))].map(([, id]) => id ?? '')),
  ]

  it.each(uses('Operation'))('names the operation %s, which is declared', (id) => {
    expect(operations.map(({ title }) => title.replace('.', '/'))).toContain(id)
  })

  it.each(uses('Backend'))('names the backend %s, which is declared', (id) => {
    expect(backends.map(({ name }) => name)).toContain(id)
  })
})
