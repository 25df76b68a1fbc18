import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { effects } from '../../shared/backend/effect.ts'
import { namesIn, type RestCall } from '../../shared/backend/rest-call.ts'
import { parsePointer } from '../../shared/masking/pointer.ts'
import { inputSchema } from '../../shared/openapi/schema.ts'
import { dialects } from '../../shared/sql/statement.ts'
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
  const { properties = {} } = inputSchema(operation, 'draft-2020-12') as { properties?: object }
  return Object.keys(properties)
}

/** The inputs that a call template takes, by name. */
function namesTaken({ operation: { call } }: DeclaredOperation): readonly string[] {
  if (call.technology === 'rest') return namesInRest(call)
  if ('inputs' in call) return Object.values(call.inputs)
  const { statement } = call
  return statement.from === 'input'
    ? [statement.text, ...(statement.values === undefined ? [] : [statement.values])]
    : statement.values
}

function namesInRest({ query = [], body = [], document, page, ...call }: RestCall): readonly string[] {
  const texts = [call.path, ...Object.values(call.fixedQuery ?? {}), ...Object.values(call.headers ?? {})]
  const parts: readonly string[] = [...Object.values({ ...call.range }), ...Object.values({ ...call.content })]
  const asked = Array.isArray(query) ? query : Object.values(query)
  const whole = [document ?? [], page === undefined ? [] : 'cursor'].flat()
  return [...texts, JSON.stringify(call.template ?? '')].flatMap(namesIn).concat(asked, body, parts, whole)
}

/** The source lines of one operation: from its name to the closing brace of the same indentation. */
function linesOf(source: string, name: string): number {
  const lines = source.split('\n')
  const start = lines.findIndex((line) => new RegExp(`^\\s+${name}: \\{$`).test(line))
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
    const others = imports.filter(
      (name) =>
        !['zod', '../shared/serve.ts', '../shared/backend/define.ts', '../shared/backend/define-resources.ts'].includes(
          name ?? '',
        ),
    )
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

  const endpoints = [backend, ...Object.values(backend.endpoints ?? {})]

  it('asks for a scope in every cloud, says that nobody knows it, or leaves it to the deployment', () => {
    for (const { scope } of endpoints) {
      const scopes = typeof scope === 'string' ? [] : Object.values(scope).filter((one) => one !== null)
      for (const one of scopes) expect(one).toMatch(/^((https|api):\/\/\S+|[0-9a-f-]{36})\/\S+$/)
      expect(typeof scope === 'string' ? ['configured', 'host'] : Object.keys(scope).length).toEqual(
        typeof scope === 'string' ? expect.arrayContaining([scope]) : 3,
      )
    }
  })

  it('has host suffixes of two labels at least, in every cloud or none', () => {
    for (const { hostSuffixes } of endpoints) {
      expect(Object.keys(hostSuffixes).sort()).toEqual(['china', 'public', 'usgov'])
      const suffixes = Object.values(hostSuffixes).flatMap((of) => of ?? [])
      for (const suffix of suffixes) expect(suffix).toMatch(/^\.?[a-z0-9-]+(\.[a-z0-9-]+)+$/)
    }
  })

  it('asks its identity probe by well-formed pointers', () => {
    const probe = backend.identityProbe
    const pointers = probe?.method === 'request' ? [probe.oid, probe.tid ?? probe.oid] : []
    for (const pointer of pointers) expect(parsePointer(pointer).length).toBeGreaterThan(0)
  })

  it('keeps each operation to 36 lines', () => {
    const source = readFileSync(`${functionsFolder}${name}.ts`, 'utf8')
    const sizes = Object.keys(backend.operations).map((each) => [each, linesOf(source, each)] as const)
    expect(sizes.filter(([, lines]) => lines < 3 || lines > 36)).toEqual([])
  })
})

/** The input that a call sends as its statement. */
function statementOf({ operation: { call } }: DeclaredOperation): string | undefined {
  if ('inputs' in call) {
    const { statement, query, command }: Readonly<Record<string, string | undefined>> = call.inputs
    return statement ?? query ?? command
  }
  return 'statement' in call && call.statement.from === 'input' ? call.statement.text : undefined
}

describe.each(operations.map((each) => ({ title: each.title, each })))('operation $title', ({ each }) => {
  const { operation, name } = each

  it('has a name in camel case and a summary in one line', () => {
    expect(name).toMatch(/^[a-z][A-Za-z0-9]{2,39}$/)
    expect(operation.summary).toMatch(/^[A-Z][^\n]{5,100}[^.\s]$/)
    expect(effects).toContain(operation.effect)
  })

  it('takes one object and refuses unknown members, inside too', () => {
    const schema = inputSchema(operation, 'draft-2020-12')
    expect(schema.type).toBe('object')
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
    const unbounded = objectsIn(inputSchema(operation, 'draft-2020-12')).filter(({ node }) => {
      const text =
        node.type === 'string' && !['maxLength', 'pattern', 'enum', 'const', 'format'].some((key) => key in node)
      return text || (node.type === 'array' && !('maxItems' in node))
    })
    const places = unbounded.map(({ pointer }) => pointer).filter((pointer) => !pointer.endsWith('/propertyNames'))
    expect(places).toEqual([])
  })

  it.each(['openapi-3.0', 'draft-2020-12'] as const)('has inputs that %s can say', (target) => {
    expect(JSON.stringify(inputSchema(operation, target))).not.toContain('$ref')
  })

  it('calls with inputs that exist', () => {
    expect(namesTaken(each).filter((taken) => !inputNames(each).includes(taken))).toEqual([])
  })

  it('uses every input', () => {
    const used = [...namesTaken(each), operation.statement?.input]
    expect(inputNames(each).filter((input) => !used.includes(input))).toEqual([])
  })

  it('names an object that is an input, if any', () => {
    if (operation.object !== undefined) expect(inputNames(each)).toContain(operation.object)
  })

  it('has its statement judged that it sends', () => {
    const { call, statement } = operation
    if (call.technology === 'rest') {
      if (statement !== undefined) expect(namesTaken(each)).toContain(statement.input)
      return
    }
    expect(statement?.input).toBe(statementOf(each))
    if (statement !== undefined) expect(dialects).toContain(statement.dialect)
  })

  it('writes only where it is declared to', () => {
    const { call, effect } = operation
    const changes = ['cancel', 'start-warehouse', 'stop-warehouse']
    // What a statement does is for the judgement to say, where the backend has no read-only session.
    if (call.technology === 'databricks' && call.action === 'execute') return expect(operation.statement).toBeDefined()
    if (call.technology === 'databricks') return expect(!changes.includes(call.action)).toBe(effect === 'read')
    // A POST may ask, and a GET may take a message out of a queue; these never only ask.
    if (call.technology === 'rest')
      return expect(['PUT', 'PATCH', 'DELETE'].includes(call.method) && effect === 'read').toBe(false)
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
