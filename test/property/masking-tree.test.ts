import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mask } from '../../shared/masking/mask.ts'
import type { Json } from '../../shared/pipeline/ports.ts'
import { treeRequest } from '../unit/masking/requests.ts'

const other = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>
const person = fc.record({ id: fc.nat(), email: fc.uuid().map((id) => `private-${id}`), extra: other })

describe('masked tree', () => {
  it('never holds a labelled value, wherever the rest of the answer goes', () => {
    fc.assert(
      fc.property(fc.array(person), other, (people, rest) => {
        const labels = { '/people/*/email': 'pii.national_id', '/people/*/id': 'none', '/people/*/extra': 'none' }
        const { data } = mask(treeRequest({ people, rest } as Json, labels))
        const text = JSON.stringify(data)
        for (const { email } of people) expect(text).not.toContain(email)
        expect((data as { people: unknown[] }).people).toHaveLength(people.length)
      }),
    )
  })

  it('leaves an answer without labels and secrets as it is', () => {
    fc.assert(
      fc.property(other, (data) => {
        expect(JSON.stringify(mask(treeRequest(data, {})).data)).toBe(JSON.stringify(data))
      }),
    )
  })
})
