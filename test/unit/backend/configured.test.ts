import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { digestDeclaration, selectConfigured } from '../../../shared/backend/configured.ts'
import { defineBackend, rest } from '../../../shared/backend/define.ts'
import { resolve } from '../../../shared/backend/resolve.ts'
import { Problem } from '../../../shared/errors/problem.ts'
import { inputSchema } from '../../../shared/openapi/schema.ts'

const none = { public: [], usgov: [], china: [] }
const about = { title: 'A backend', scope: 'configured', hostSuffixes: none } as const
const read = { method: 'GET', path: '/{container}', parameters: ['container'] } as const
const store = defineBackend({
  ...about,
  name: 'store',
  operations: {
    read: {
      summary: 'Read',
      effect: 'read',
      object: 'container',
      inputs: () => z.strictObject({ container: z.string() }).transform((all) => ({ ...all, more: 1 })),
      call: rest(read),
      labels: { '/content': 'none', '/items/*/name': 'none' },
    },
    list: {
      summary: 'List',
      effect: 'read',
      inputs: () => z.strictObject({}),
      call: rest({ ...read, path: '/', parameters: [] }),
    },
  },
})
const plain = defineBackend({ ...about, name: 'plain', operations: { list: store.operations.list! } })
const configured = (containers?: readonly string[]) =>
  selectConfigured([store, plain], { store: { classification: {}, containers } })

function ask(container: unknown, containers: readonly string[]) {
  try {
    return resolve({ backend: 'store', operation: 'read', inputs: () => ({ container }) }, configured(containers))
      .inputs
  } catch (error) {
    if (error instanceof Problem) return error.members.faults
    throw error
  }
}

describe('the containers that a deployment lists', () => {
  it('are the only ones that an operation takes', () => {
    expect(ask('a', ['a', 'b'])).toEqual({ container: 'a', more: 1 })
    expect(ask('c', ['a', 'b'])).toEqual([{ pointer: '/container', detail: 'is none of a, b' }])
  })

  it.each(['A', 'a ', '', 'constructor', 1, null, undefined, ['a']])('are not met by %j', (container) => {
    expect(ask(container, ['a'])).toMatchObject([{ pointer: '/container' }])
  })

  it('are none where the list is empty', () => {
    expect(ask('a', [])).toMatchObject([{ pointer: '/container' }])
  })

  it('have to be given where operations name containers, and nowhere else', () => {
    expect(() => configured()).toThrow('COUNTERSIGN_BACKENDS (at store.containers) is missing')
    expect(() => selectConfigured([plain], { plain: { classification: {}, containers: ['a'] } })).toThrow(
      'at plain.containers',
    )
  })

  it.each([
    ['a.content', true],
    ['b-1.Name', true],
    ['/content', true],
    ['a.contents', false],
    ['a.items', false],
    ['c.content', false],
    ['content', false],
  ])('are what a classification speaks of, with members of answers: %s is %s', (key, taken) => {
    const settings = { containers: ['a', 'b-1'], classification: { [key]: 'pii' } }
    const select = () => selectConfigured([store], { store: settings })
    if (taken) expect(select().get('store')?.objects).toEqual(['a', 'b-1'])
    else expect(select).toThrow('COUNTERSIGN_BACKENDS (at store.classification)')
  })

  it('are part of what the declaration is, so that an approval does not outlive a change of them', () => {
    const digest = (containers: readonly string[]) =>
      digestDeclaration(configured(containers).get('store')!, (operation) => inputSchema(operation, 'draft-2020-12'))
    expect(digest(['a'])).not.toBe(digest(['a', 'b']))
  })
})
