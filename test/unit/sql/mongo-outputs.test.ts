import { describe, expect, it } from 'vitest'
import { understandMongo } from '../../../shared/sql/mongo/understand.ts'

const outputsOf = (...pipeline: object[]) => {
  const { outputs, refused } = understandMongo(JSON.stringify({ aggregate: 'orders', pipeline, cursor: {} }))
  return refused ?? outputs?.flatMap(({ mentions }) => mentions)
}

describe('what documents of a pipeline are made of', () => {
  it.each([
    ['whole documents', [{ $match: { city: 'x' } }], ['*']],
    ['a group', [{ $group: { _id: '$city', n: { $sum: '$total' } } }], ['city', 'total']],
    ['a count', [{ $match: { email: 'x' } }, { $count: 'n' }], []],
    ['a projection, with the id that comes along', [{ $project: { city: 1 } }], ['_id', 'city']],
    ['a projection without it', [{ $project: { city: 1, _id: 0 } }], ['city']],
    ['any number that means to take', [{ $project: { email: 2, _id: 0 } }], ['email']],
    ['members within members', [{ $project: { customer: { email: 1 }, _id: 0 } }], ['customer']],
    ['computed members within members', [{ $project: { a: { b: '$email' }, _id: 0 } }], ['a', 'email']],
    ['what is left after leaving out', [{ $project: { city: 0 } }], ['*']],
    ['a group whose key comes along', [{ $group: { _id: '$email' } }, { $project: { n: 'x' } }], ['email']],
    ['a rename before', [{ $addFields: { city: '$email' } }, { $project: { city: 1, _id: 0 } }], ['email']],
    [
      'what was there before members were added within',
      [{ $addFields: { customer: { x: 'y' } } }, { $project: { customer: 1, _id: 0 } }],
      ['customer'],
    ],
    [
      'a window',
      [{ $setWindowFields: { output: { city: { $first: '$email' } } } }, { $project: { city: 1, _id: 0 } }],
      ['*', 'city'],
    ],
    [
      'a filling',
      [{ $fill: { output: { city: { value: '$email' } } } }, { $project: { city: 1, _id: 0 } }],
      ['*', 'city'],
    ],
    ['a new root', [{ $replaceRoot: { newRoot: '$customer' } }, { $project: { email: 1, _id: 0 } }], ['*', 'email']],
    [
      'a join',
      [{ $lookup: { from: 'b', localField: 'a', foreignField: 'a', as: 'x' } }, { $project: { x: 1, _id: 0 } }],
      ['*'],
    ],
  ])('is known of %s', (_name, pipeline, expected) => {
    expect(outputsOf(...pipeline)).toEqual(expected)
  })

  it.each([
    ['within a member', { customer: { email: 0 } }],
    ['deeper within', { customer: { address: { street: false } } }],
    ['by a number in another writing', { city: { $numberInt: '0' } }],
  ])('is refused where a projection may leave out %s', (_name, projection) => {
    expect(outputsOf({ $project: projection })).toBe('projection_malformed')
  })
})
