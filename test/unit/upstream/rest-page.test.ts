import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineBackend, type Operation, rest } from '../../../shared/backend/define.ts'
import type { Paging, RestParts } from '../../../shared/backend/rest-call.ts'
import type { Json } from '../../../shared/pipeline/ports.ts'
import { answerWith, createRestWorld, openSite, type Site } from '../../support/rest-world.ts'
import { makeToken, principal, problemOf } from './calls.ts'

let site: Site
beforeAll(async () => {
  site = await openSite()
})
beforeEach(() => {
  site.asked.length = 0
})
afterAll(() => site.close())

const inputs = () => z.strictObject({ filter: z.string().optional(), cursor: z.string().max(16_384).optional() })
const paged = (page: Paging, more: Partial<RestParts> = {}): Operation => ({
  summary: 'Pages',
  effect: 'read',
  inputs,
  call: rest({ method: 'GET', path: '/items', parameters: [], query: ['filter'], page, ...more }),
})
const backend = defineBackend({
  name: 'a-backend',
  title: 'A backend',
  scope: 'configured',
  hostSuffixes: { public: [], usgov: [], china: [] },
  operations: {
    link: paged({ from: { pointer: '/nextLink' }, into: 'link' }),
    other: paged({ from: { pointer: '/nextLink' }, into: 'link' }),
    relation: paged({ from: { header: 'link' }, into: 'link' }),
    query: paged({ from: { pointer: '/more/token' }, into: { query: 'page_token' } }),
    header: paged({ from: { header: 'x-continuation' }, into: { header: 'x-continuation' } }),
    body: paged(
      { from: { pointer: '/$skipToken' }, into: { body: '/options/$skipToken' } },
      { method: 'POST', query: [], template: { query: '{filter}', options: { top: 5 } } },
    ),
  },
})
const world = () => createRestWorld(backend, { baseUrl: `${site.url}/v1` })

describe('a page', () => {
  it('gives a cursor of ours in the place of the link, which leads to the next one', async () => {
    site.reply = (asked, response) =>
      answerWith(
        asked.url.includes('skip') ? { value: [2] } : { value: [1], nextLink: `${site.url}/v1/items?skip=1&filter=x` },
      )(asked, response)
    const first = await world()('link', { filter: 'x' })
    expect(first.data).toEqual({ value: [1] })
    const second = await world()('link', { filter: 'x', cursor: first.ours?.cursor ?? '' })
    expect([second.data, second.ours]).toEqual([{ value: [2] }, undefined])
    expect(site.asked.map(({ url }) => url)).toEqual(['/v1/items?filter=x', '/v1/items?skip=1&filter=x'])
  })

  it.each<[string, Json, Record<string, string>, (asked: Site['asked'][number]) => unknown, unknown]>([
    ['query', { value: [1], more: { token: 't/1' } }, {}, ({ url }) => url, '/v1/items?filter=x&page_token=t%2F1'],
    ['header', { value: [1] }, { 'x-continuation': 'c1' }, ({ headers }) => headers['x-continuation'], 'c1'],
    [
      'relation',
      [1],
      { link: '</v1/items?p=0>; rel="prev", </v1/items?p=2>; rel="next"' },
      ({ url }) => url,
      '/v1/items?p=2',
    ],
    [
      'body',
      { data: [], $skipToken: 7 },
      {},
      ({ body }) => JSON.parse(body),
      { query: 'x', options: { top: 5, $skipToken: 7 } },
    ],
  ])('may give a token (%s), which goes where it is declared', async (...[name, data, headers, seen, expected]) => {
    site.reply = answerWith(data, 200, headers)
    const first = await world()(name, { filter: 'x' })
    await world()(name, { filter: 'x', cursor: first.ours?.cursor ?? '' })
    expect(seen(site.asked[1]!)).toEqual(expected)
    expect(JSON.stringify(first.data)).not.toMatch(/token|t\/1/i)
  })

  it('that is a list becomes a member, so that the cursor has a place', async () => {
    site.reply = answerWith([1, 2])
    expect(await world()('relation')).toMatchObject({ data: { items: [1, 2] }, rows: 2 })
  })

  it.each([null, '', undefined])('with %j in the place of the link is the last', async (nextLink) => {
    site.reply = answerWith({ value: [1], nextLink })
    const { data, ours } = await world()('link')
    expect([data, ours]).toEqual([{ value: [1] }, undefined])
  })

  it.each([
    'https://evil.example/v1/items',
    '//evil.example/v1/items',
    'javascript:alert(1)',
    '/v1/people',
    '/v1/items/../people',
    'x'.repeat(9000),
    7,
    { a: 1 },
  ])('that names %j as the next is refused, and nothing is followed', async (nextLink) => {
    site.reply = answerWith({ value: [1], nextLink })
    const { code, reason } = await problemOf(world()('link'))
    expect([code, reason, site.asked.length]).toEqual(['backend_failed', 'next_link', 1])
  })
})

describe('a cursor', () => {
  const bob = { ...principal, oid: 'b0000000-0000-4000-8000-000000000002' }
  const ask = async () => {
    site.reply = answerWith({ value: [1], nextLink: '/v1/items?skip=1' })
    const { ours } = await world()('link', { filter: 'x' })
    site.asked.length = 0
    return ours?.cursor ?? ''
  }

  it.each<[string, (cursor: string) => Promise<unknown>]>([
    [
      'of another person',
      (cursor) => world()('link', { filter: 'x', cursor }, { principal: bob, token: makeToken('b', bob) }),
    ],
    [
      'of another agent',
      (cursor) => world()('link', { filter: 'x', cursor }, { principal: { ...principal, actor: 'other' } }),
    ],
    ['of another operation', (cursor) => world()('other', { filter: 'x', cursor })],
    ['of other inputs', (cursor) => world()('link', { filter: 'y', cursor })],
    ['without the other inputs', (cursor) => world()('link', { cursor })],
    ['that was touched', (cursor) => world()('link', { filter: 'x', cursor: `${cursor.slice(0, -1)}_` })],
    ['of the backend itself', () => world()('link', { filter: 'x', cursor: '/v1/items?skip=1' })],
    [
      'of yesterday',
      (cursor) =>
        createRestWorld(backend, { baseUrl: `${site.url}/v1`, options: { clock: () => Date.now() + 86_400_001 } })(
          'link',
          {
            filter: 'x',
            cursor,
          },
        ),
    ],
  ])('%s is an invalid input, and nothing is asked', async (_what, use) => {
    const { code, reason, members } = await problemOf(use(await ask()) as never)
    expect([code, reason, members.faults?.[0]?.pointer]).toEqual(['input_invalid', 'not_called:input', '/cursor'])
    expect(site.asked).toEqual([])
  })
})
