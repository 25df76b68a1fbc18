import { describe, expect, it } from 'vitest'
import { mask } from '../../shared/masking/mask.ts'
import type { Json } from '../../shared/pipeline/ports.ts'
import { fc } from '../support/property.ts'
import { treeRequest } from '../unit/masking/requests.ts'

const other = fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>
/** Without a character that markup, an escape or something invisible could begin with. */
const plain = (text: string) => text.replace(/[^\w .,:@/-]/g, '')
const plainJson = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    fc.string().map(plain),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value')),
    fc.dictionary(fc.string().map(plain), tie('value')),
  ),
})).value
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

  it('leaves an answer without labels, secrets and what makes others fetch or misread as it is', () => {
    fc.assert(
      fc.property(plainJson, (data) => {
        expect(JSON.stringify(mask(treeRequest(data, {})).data)).toBe(JSON.stringify(data))
      }),
    )
  })
})
