import { describe, expect, it } from 'vitest'
import { rest } from '../../../shared/backend/define.ts'
import { mask } from '../../../shared/masking/mask.ts'
import { describeData } from '../../../shared/pipeline/judge.ts'
import type { Json } from '../../../shared/pipeline/ports.ts'
import { makeCall, makeOperation } from '../upstream/calls.ts'
import { tokenKey } from './requests.ts'

const call = rest({ method: 'GET', path: '/{container}', parameters: ['container'] })
const getBlob = {
  ...makeOperation(call),
  object: 'container',
  labels: { '/content': 'none', '/etag': 'none', '/blobs/*/name': 'none', '/nextMarker': 'none' },
  tells: { '/nextMarker': ['tags', 'name'] },
  compares: { prefix: ['name'], where: ['tags'] },
}
const classification = { 'people.content': 'pii.compensation', 'people.name': 'secret', 'hr.people.etag': 'secret' }

function masked(container: string, data: Json, clearLabels: readonly string[] = []) {
  const { invocation, understood } = makeCall({ operation: getBlob, inputs: { container } })
  const about = { backendIds: {}, rows: 1, bytes: 1, truncated: false }
  const identity = { source: 'token', method: 'exchange', checkedAt: '2026-01-01T00:00:00Z', matches: null } as const
  return mask({
    answer: { ...about, data, identity },
    invocation,
    understood: { ...understood, reads: [container] },
    classification,
    clearLabels,
    obligations: [],
    tokenKey,
  })
}

describe('the answer about a classified container', () => {
  const data = { content: 'salary 1', etag: 'e' }

  it('has the members masked that the deployment classifies, and the others as declared', () => {
    const result = masked('people', data)
    expect(result.data).toMatchObject({ content: null })
    expect(result.masked).toContainEqual({ path: '/content', label: 'pii.compensation', strategy: 'null' })
  })

  it('shows them to whom the policy lets see them', () => {
    const result = masked('people', data, ['pii.compensation'])
    expect(result.data).toMatchObject({ content: 'salary 1' })
    expect(result.labels).toContain('pii.compensation')
  })

  it('is that container alone', () => {
    expect(masked('reports', data)).toMatchObject({ data, masked: [], labels: [] })
    expect(masked('peoples', data)).toMatchObject({ data, masked: [] })
  })

  it('finds a member by its name wherever it stands', () => {
    expect(masked('people', { blobs: [{ name: 'a' }] }).data).toEqual({ blobs: [{}] })
  })

  it('has no marker of a next page where that tells a member that is masked', () => {
    const data = { blobs: [], nextMarker: '2!16!bmFtZQ--' }
    expect(masked('people', data).data).toEqual({ blobs: [] })
    expect(masked('reports', data).data).toEqual(data)
  })

  it.each([
    ['nothing where nothing is chosen', 'people', {}, []],
    ['the label of the member that it is chosen by', 'people', { prefix: 'a' }, ['secret']],
    ['nothing for a member that nobody classified', 'people', { where: `"a" = 'b'` }, []],
    ['nothing in another container', 'reports', { prefix: 'a' }, []],
  ])('carries %s', (...row) => {
    const [, container, given, carried] = row
    const { invocation, understood } = makeCall({ operation: getBlob, inputs: { container, ...given } })
    const data = describeData(invocation, { ...understood, reads: [container] }, classification)
    expect(data.carried).toEqual(carried)
  })

  it('loses what nobody declared', () => {
    expect(masked('reports', { ...data, more: 'x' }).data).toEqual(data)
  })
})
