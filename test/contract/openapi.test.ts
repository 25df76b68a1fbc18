import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type ProblemCode, problems } from '../../shared/errors/problem.ts'
import { describeApi } from '../../shared/openapi/document.ts'
import { exemplary, loadFunctions, objectsIn, operationsOf } from '../support/line-declarations.ts'

const golden = fileURLToPath(new URL('./openapi.json', import.meta.url))
const backends = await loadFunctions()
const settings = {
  publicUrl: 'https://gateway.example',
  authorizeUrl: 'https://login.example/authorize',
  tokenUrl: 'https://login.example/token',
  scope: 'api://countersign/access_as_user',
  version: 'golden',
}
const describeAll = (of: typeof backends) =>
  JSON.parse(JSON.stringify(describeApi(of, settings))) as Record<string, unknown>
const document = describeAll(backends)
// The golden file shows one backend of each kind; what holds for all is checked below.
const shown = describeAll(backends.filter(({ name }) => exemplary.includes(name)))
// UPDATE_GOLDEN=1 writes the golden file anew; `npm run format` lays it out.
if (process.env.UPDATE_GOLDEN === '1') writeFileSync(golden, JSON.stringify(shown, null, 2))

type Node = Readonly<Record<string, unknown>>
interface PathOperation extends Node {
  readonly operationId: string
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Node }>>
  readonly tags?: readonly string[]
}
const paths = document.paths as Readonly<Record<string, Readonly<Record<string, PathOperation>>>>
const pathOperations = Object.entries(paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
)

/** Routes that are no backend's. */
const own = [
  '/api/approvals',
  '/api/approvals/delegations',
  '/api/approvals/{id}',
  '/api/approvals/{id}/cancel',
  '/api/approvals/{id}/decision',
  '/api/approvals/{id}/revoke',
  '/api/audit/findings/{id}/disposition',
  '/api/audit/head',
  '/api/audit/records',
  '/api/audit/reports',
  '/api/audit/reports/{date}',
  '/api/audit/reports/{date}/review',
  '/api/audit/stream',
  '/api/audit/verify',
  '/api/break-glass',
  '/api/break-glass/{id}/review',
  '/api/explain',
  '/api/me/activity',
  '/api/me/activity/{id}/not-me',
  '/api/me/agents/{id}',
  '/api/operations',
  '/api/policies',
  '/api/recordings/{id}',
  '/api/suspensions',
  '/api/suspensions/{id}',
  '/api/usage',
  '/mcp',
  '/mcp/{backend}',
]

function codesOf(operation: PathOperation | undefined, status: number): readonly string[] {
  const response = operation?.responses[status]
  return response?.content?.['application/problem+json'] === undefined ? [] : response.description.split(', ')
}

/** What a pointer into the document leads to. */
function follow(reference: string): unknown {
  return reference
    .slice(2)
    .split('/')
    .reduce<unknown>(
      (node, name) => (node as Node | undefined)?.[name.replaceAll('~1', '/').replaceAll('~0', '~')],
      document,
    )
}

describe('OpenAPI document', () => {
  it('equals the golden file, member for member and in their order', () => {
    const kept: unknown = JSON.parse(readFileSync(golden, 'utf8'))
    expect(shown).toEqual(kept)
    expect(JSON.stringify(shown)).toBe(JSON.stringify(kept))
  })

  it('has a path for every declared operation and every route of our own, and for no other', () => {
    const declared = operationsOf(backends).map(({ backend, name }) => `/api/${backend.name}/${name}`)
    expect(Object.keys(paths).sort()).toEqual([...declared, ...own].sort())
  })

  it('names the parameters of every path', () => {
    for (const { path, operation } of pathOperations) {
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const given = (operation.parameters ?? []) as { in: string; name: string }[]
      expect(given.filter((each) => each.in === 'path').map(({ name }) => name)).toEqual(wanted)
    }
  })

  it('is OpenAPI 3.0: info, server, paths that begin with a slash, known methods', () => {
    expect(document).toMatchObject({ openapi: '3.0.3', info: { title: 'Countersign', version: 'golden' } })
    expect(document.servers).toEqual([{ url: 'https://gateway.example' }])
    for (const { path, method } of pathOperations)
      expect(`${method} ${path}`).toMatch(/^(get|post|put|patch|delete) \//)
  })

  it('has no reference that dangles', () => {
    const references = objectsIn(document).flatMap(({ node }) => (typeof node.$ref === 'string' ? [node.$ref] : []))
    expect(references.length).toBeGreaterThan(0)
    expect(references.filter((reference) => follow(reference) === undefined)).toEqual([])
  })

  it('describes Operation-Handle, and the answer that gives one, where work may go on and nowhere else', () => {
    for (const { backend, name, operation } of operationsOf(backends)) {
      const text = JSON.stringify(paths[`/api/${backend.name}/${name}`])
      const goesOn = operation.call.technology === 'rest' && operation.call.longRunning !== undefined
      expect([name, text.includes('"Operation-Handle"'), text.includes('schemas/Running')]).toEqual([
        name,
        goesOn,
        goesOn,
      ])
    }
  })

  it('gives every operation an id of its own', () => {
    const ids = pathOperations.map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('names no parameter of an operation twice', () => {
    for (const { operation } of pathOperations) {
      const names = ((operation.parameters ?? []) as { name: string }[]).map(({ name }) => name.toLowerCase())
      expect(new Set(names).size).toBe(names.length)
    }
  })

  it('uses tags that it declares', () => {
    const tags = (document.tags as { name: string }[]).map(({ name }) => name)
    const used = pathOperations.flatMap(({ operation }) => operation.tags ?? [])
    expect(used.filter((tag) => !tags.includes(tag))).toEqual([])
  })

  it('uses a security scheme that it declares', () => {
    const { securitySchemes } = document.components as { securitySchemes: Node }
    expect((document.security as Node[]).flatMap(Object.keys)).toEqual(Object.keys(securitySchemes))
  })

  it('says no word of JSON Schema that 3.0 does not have', () => {
    const later = ['$schema', 'const', 'prefixItems', '$defs', 'unevaluatedProperties', 'examples', 'patternProperties']
    const found = objectsIn(document).filter(({ pointer, node }) => {
      const names = pointer.endsWith('/properties')
      return !names && (later.some((word) => word in node) || Array.isArray(node.type) || node.type === 'null')
    })
    expect(found.map(({ pointer }) => pointer)).toEqual([])
  })

  it('has boolean exclusive limits, as 3.0 wants them', () => {
    const limits = objectsIn(document).flatMap(({ node }) => [node.exclusiveMinimum, node.exclusiveMaximum])
    expect(limits.filter((limit) => limit !== undefined && typeof limit !== 'boolean')).toEqual([])
  })

  it.each(Object.keys(problems) as ProblemCode[])('names %s with its status in every operation', (code) => {
    const status = problems[code].status
    for (const { operation } of pathOperations.filter(({ path }) => !own.includes(path))) {
      expect(codesOf(operation, status)).toContain(code)
      expect(Object.keys(operation.responses[status]?.content ?? {})).toEqual(['application/problem+json'])
    }
  })

  it.each(own)('names known problems under their status in %s, those of the token among them', (path) => {
    for (const { operation } of pathOperations.filter((each) => each.path === path)) {
      const named = Object.keys(operation.responses).flatMap((status) =>
        codesOf(operation, Number(status)).map((code) => [code, Number(status)] as const),
      )
      expect(named.map(([code]) => code)).toEqual(
        expect.arrayContaining(['token_missing', 'token_invalid', 'internal']),
      )
      for (const [code, status] of named) expect(problems[code as ProblemCode]?.status).toBe(status)
    }
  })

  it.each([
    ['/api/approvals/{id}/decision', ['claims_challenge', 'human_required', 'approval_mismatch', 'approval_used']],
    ['/api/approvals/{id}/cancel', ['operation_unknown', 'policy_denied', 'approval_expired']],
    ['/api/approvals/{id}/revoke', ['human_required', 'guest_not_allowed', 'approval_rejected']],
  ])('names in %s what a vote is refused for: %j', (path, codes) => {
    const operation = paths[path]?.post
    const named = Object.keys(operation?.responses ?? {}).flatMap((status) => codesOf(operation, Number(status)))
    expect(named).toEqual(expect.arrayContaining(codes))
  })
})
