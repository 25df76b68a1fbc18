import { describe, expect, it } from 'vitest'
import type { BodyTemplate, RestCall } from '../../../shared/backend/rest-call.ts'
import { Problem } from '../../../shared/errors/problem.ts'
import type { Json } from '../../../shared/pipeline/ports.ts'
import { withValues } from '../../../shared/upstream/rest-fill.ts'
import { fillTemplate } from '../../../shared/upstream/rest-payload.ts'
import { buildRequest } from '../../../shared/upstream/rest-request.ts'

const base = new URL('https://api.example/v1')
const call = (parts: Partial<RestCall>): RestCall => ({ technology: 'rest', method: 'POST', path: '/x', ...parts })

describe('a body template', () => {
  it.each<[string, BodyTemplate, Record<string, Json>, Json | undefined]>([
    ['takes the JSON value of an input', { q: '{query}', n: '{top}' }, { query: 'a', top: 3 }, { q: 'a', n: 3 }],
    ['takes objects and lists whole', { f: '{filter}' }, { filter: { a: [1, null] } }, { f: { a: [1, null] } }],
    ['keeps null, which is a value', { q: '{query}' }, { query: null }, { q: null }],
    ['leaves out a member without its input', { q: '{query}', k: 1 }, {}, { k: 1 }],
    ['leaves out an item without its input', ['{a}', 'b', '{c}'], { c: 1 }, ['b', 1]],
    [
      'keeps constants, and texts that only hold a name',
      { a: true, b: 'x{query}' },
      { query: 1 },
      { a: true, b: 'x{query}' },
    ],
    ['goes down', { a: [{ b: '{query}' }] }, { query: 'q' }, { a: [{ b: 'q' }] }],
    ['takes no inherited member', { a: '{constructor}' }, {}, {}],
    ['is nothing without its one input', '{query}', {}, undefined],
  ])('%s', (...[, template, inputs, body]) => {
    expect(fillTemplate(template, inputs)).toEqual(body)
  })

  it('puts no input of the agent into a place of the deployment', () => {
    const inputs = withValues({ project: 'mine' }, { project: 'ours' })
    expect(fillTemplate({ a: '{@project}', b: '{project}' }, inputs)).toEqual({ a: 'ours', b: 'mine' })
  })
})

describe('a document', () => {
  it.each<[Json, string]>([
    [{ a: 1 }, '{"a":1}'],
    [[1], '[1]'],
    ['text', '"text"'],
  ])('%j is the body as it stands', (value, body) => {
    expect(buildRequest(base, call({ document: 'value' }), { value, other: 1 }).body).toBe(body)
  })

  it('that is left out leaves no body', () => {
    expect(buildRequest(base, call({ document: 'value' }), {}).body).toBeNull()
  })

  it('goes under the media type that is declared', () => {
    const headers = { 'content-type': 'application/merge-patch+json' }
    expect(buildRequest(base, call({ document: 'value', headers }), { value: {} }).headers).toEqual(headers)
  })
})

describe('a value of the deployment', () => {
  const template = call({
    path: '/{@workspace}/items/{id}',
    fixedQuery: { project: '{@project}' },
    headers: { 'x-org': 'org-{@project}' },
  })

  it('stands in the path as one encoded segment, in the query and in headers', () => {
    const inputs = withValues({ id: '7' }, { workspace: 'a b', project: 'p1' })
    const { url, headers } = buildRequest(base, template, inputs)
    expect([url.href, headers]).toEqual(['https://api.example/v1/a%20b/items/7?project=p1', { 'x-org': 'org-p1' }])
  })

  it.each([
    ['missing', {}],
    ['of several segments', { workspace: '../x', project: 'p' }],
  ])('that is %s sends nothing', (_what, values) => {
    const build = () => buildRequest(base, template, withValues({ id: '7' }, values))
    expect(build).toThrowError(Problem)
    expect(build).toThrowError(expect.objectContaining({ code: 'backend_not_configured', reason: 'not_called:value' }))
  })

  it('renames query parameters', () => {
    const named = call({ query: { $filter: 'filter', $top: 'top' } })
    expect(buildRequest(base, named, { filter: 'a eq 1' }).url.search).toBe('?%24filter=a+eq+1')
  })
})
