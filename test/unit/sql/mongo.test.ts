import { describe, expect, it } from 'vitest'
import { understandMongo } from '../../../shared/sql/mongo/understand.ts'
import corpus from '../../support/sql-corpus-mongo.json' with { type: 'json' }

const pipeline = (...stages: object[]) =>
  understandMongo(JSON.stringify({ aggregate: 'o', pipeline: stages, cursor: {} }))

describe('the corpus of MongoDB commands', () => {
  it.each(corpus.cases)('$id comes out as expected', ({ sql, expect: expected }) => {
    const { effect, safeRead, reads, writes, dangers, statements, refused } = understandMongo(sql)
    const refusal = refused === undefined ? {} : { refused }
    expect({ effect, safeRead, reads, writes, dangers, statements, ...refusal }).toEqual(expected)
  })

  it('has at least 90 commands, half of them hostile, and lets none of those be a safe read', () => {
    const risky = corpus.cases.filter(({ hostile }) => hostile)
    expect(corpus.cases.length).toBeGreaterThanOrEqual(90)
    expect(risky.length * 2).toBeGreaterThanOrEqual(corpus.cases.length)
    expect(risky.filter(({ expect: { safeRead } }) => safeRead)).toEqual([])
  })
})

describe('the command to send to MongoDB', () => {
  it('keeps its members in their order and its numbers as they were written', () => {
    const text = '{ "find": "o",\n "filter": {"b": 12345678901234567890, "a": 1.50} }'
    expect(understandMongo(text).text).toBe('{ "find": "o", "filter": {"b": 12345678901234567890, "a": 1.50} }')
  })
})

describe('fields that decide which documents come', () => {
  it.each([
    [{ find: 'o' }, []],
    [{ find: 'o', filter: { 'person.ssn': 'x', a: { $gt: 1 } }, sort: { k: 1 } }, ['a', 'k', 'person', 'ssn']],
    [{ find: 'o', filter: { $or: [{ a: 1 }, { t: { $elemMatch: { ssn: 1 } } }] } }, ['a', 'ssn', 't']],
    [{ find: 'o', filter: { person: { ssn: 'x' } } }, ['person', 'ssn']],
    [{ find: 'o', filter: { $expr: { $eq: ['$ssn', '$$ROOT.b'] } } }, ['b', 'ssn']],
    [{ find: 'o', filter: { $expr: { $eq: [{ $getField: 'ssn' }, 1] } } }, ['ssn']],
    [{ find: 'o', filter: { $expr: { $eq: [{ $getField: { $concat: ['s', 'sn'] } }, 1] } } }, ['*']],
    [{ find: 'o', filter: { $text: { $search: 'x' } } }, ['*']],
    [{ find: 'o', filter: { $jsonSchema: { required: ['ssn'] } } }, ['*']],
    [{ find: 'o', min: { ssn: 1 } }, ['ssn']],
    [{ count: 'o', query: { ssn: 1 } }, ['ssn']],
    [{ distinct: 'o', key: 'person.ssn' }, ['person', 'ssn']],
    [{ delete: 'o', deletes: [{ q: { ssn: 1 }, limit: 0 }] }, ['ssn']],
  ])('are named for %j', (command, compared) => {
    expect(understandMongo(JSON.stringify(command)).compared).toEqual(compared)
  })

  it.each([
    ['a group', [{ $group: { _id: '$ssn', n: { $sum: '$x' } } }], ['ssn']],
    ['a field made before', [{ $addFields: { region: '$ssn' } }, { $match: { region: 'x' } }], ['ssn']],
    ['what a group made', [{ $group: { _id: '$city', n: { $sum: '$x' } } }, { $sort: { n: 1 } }], ['city', 'x']],
    ['a lookup', [{ $lookup: { from: 'p', localField: 'a', foreignField: 'ssn', as: 'z' } }], ['a', 'ssn']],
    ['a replaced root', [{ $replaceWith: { region: '$ssn' } }, { $match: { region: 'x' } }], ['*', 'region']],
    ['an array taken apart', [{ $unwind: '$tags' }], ['tags']],
    ['a window', [{ $setWindowFields: { sortBy: { ssn: 1 }, output: {} } }], ['ssn']],
    ['a search', [{ $search: { text: { query: 'x', path: 'ssn' } } }], ['*']],
  ])('are named for %s', (_name, stages, compared) => {
    expect(pipeline(...stages)).toMatchObject({ safeRead: true, compared })
  })
})

describe('fields that come back', () => {
  it.each([
    [{ find: 'o', projection: { 'person.ssn': 1, _id: 0 } }, ['person', 'ssn']],
    [{ find: 'o', projection: { x: '$ssn' } }, ['ssn', 'x']],
    [{ find: 'o', projection: { ssn: 0 } }, ['*']],
    [{ find: 'o' }, ['*']],
    [{ aggregate: 'o', pipeline: [{ $project: { x: '$ssn' } }], cursor: {} }, ['_id', 'ssn']],
    [{ aggregate: 'o', pipeline: [{ $project: { x: '$$ROOT' } }], cursor: {} }, ['*', '_id']],
    [{ update: 'o', updates: [{ q: {}, u: [{ $set: { x: '$ssn' } }] }] }, ['ssn']],
    [{ update: 'o', updates: [{ q: {}, u: { $rename: { ssn: 'x' } } }] }, ['ssn']],
    [{ update: 'o', updates: [{ q: {}, u: { $set: { ssn: 'x' } } }] }, []],
  ])('are named for %j', (command, mentions) => {
    expect(understandMongo(JSON.stringify(command))).toMatchObject({ mentions })
  })
})

describe('limits on MongoDB commands', () => {
  it.each([
    [`{"find":"${'x'.repeat(32 * 1024)}"}`, 'text_too_long'],
    [`{"find":"o","filter":{"a":{"$in":[${'1,'.repeat(2500)}1]}}}`, 'too_many_tokens'],
    [`{"find":"o","filter":${'{"a":'.repeat(65)}1${'}'.repeat(65)}}`, 'too_deep'],
    ['{"find":"o"} // x', 'token_not_known'],
    ['{"find":"o","filter":{"__proto__":{"a":1},"__proto__":{"b":1}}}', 'member_twice'],
    ['{"find":"o\u202e"}', 'odd_character'],
    ['', 'text_empty'],
  ])('%.40s is refused', (sql, refused) => {
    expect(understandMongo(sql)).toMatchObject({ effect: 'admin', safeRead: false, refused, outputs: null })
  })
})
