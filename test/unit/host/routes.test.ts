import { describe, expect, it } from 'vitest'
import { parseConstraint } from '../../../infra/local/host/route-constraints.ts'
import { matchRoute } from '../../../infra/local/host/route-match.ts'
import { createRouteTable } from '../../../infra/local/host/route-table.ts'
import { parseTemplate } from '../../../infra/local/host/route-template.ts'

describe('route constraint', () => {
  it.each([
    ['int', '42', true],
    ['int', '-1', true],
    ['int', '2147483648', false],
    ['int', '4.2', false],
    ['long', '2147483648', true],
    ['long', '9223372036854775808', false],
    ['alpha', 'aBc', true],
    ['alpha', 'a1', false],
    ['bool', 'TRUE', true],
    ['bool', '1', false],
    ['guid', '0f8fad5b-d9cb-469f-a165-70867728950e', true],
    ['guid', '0f8fad5bd9cb469fa16570867728950e', true],
    ['guid', '{0f8fad5b-d9cb-469f-a165-70867728950e}', true],
    ['guid', '0f8fad5b-d9cb-469f-a165', false],
    ['decimal', '1.5', true],
    ['decimal', '1e5', false],
    ['double', '1e5', true],
    ['datetime', '2026-11-22', true],
    ['datetime', 'never', false],
    ['min(3)', '3', true],
    ['min(3)', '2', false],
    ['max(3)', '4', false],
    ['range(1,3)', '3', true],
    ['range(1,3)', '4', false],
    ['length(2)', 'ab', true],
    ['length(2)', 'abc', false],
    ['length(1,2)', 'ab', true],
    ['minlength(2)', 'a', false],
    ['maxlength(2)', 'abc', false],
    ['regex(^[a-c]+$)', 'ABC', true],
    ['regex(^[a-c]+$)', 'abd', false],
    ['file', 'a.txt', true],
    ['nonfile', 'a.txt', false],
  ])('%s on %s is %s', (constraint, value, fits) => {
    expect(parseConstraint(constraint)(value)).toBe(fits)
  })

  it.each(['prime', 'int(3)', 'min', ''])('%s is unknown', (constraint) => {
    expect(() => parseConstraint(constraint)).toThrow('is unknown')
  })
})

describe('route template', () => {
  it.each([
    ['a/{b:int?}', 'a', {}],
    ['a/{b:int?}', 'a/1', { b: '1' }],
    ['a/{b:int?}', 'a/x', undefined],
    ['a/{b:int=5}', 'a', { b: '5' }],
    ['a/{b:regex(^\\d{{2}}$)}', 'a/12', { b: '12' }],
    ['a/{b:regex(^\\d{{2}}$)}', 'a/123', undefined],
    ['a/{b:range(1,5):min(2)}', 'a/1', undefined],
    ['a/{*rest:alpha}', 'a/b1', undefined],
    ['a/{**rest}', 'a/b/c', { rest: 'b/c' }],
    ['a/{*rest}', 'a', {}],
    ['{a}-{b:int}', 'x-y-3', { a: 'x-y', b: '3' }],
    ['{a}-{b:int}', 'x-y', undefined],
    ['{{a}}', '{a}', {}],
    ['', '', {}],
  ])('%s against %s gives %o', (template, path, values) => {
    expect(matchRoute(parseTemplate(template), path === '' ? [] : path.split('/'))).toEqual(values)
  })

  it.each(['/a', '~/a', 'a//b', '{a', 'a}', '{a}/{A}', '{*a}/b', '{}', '{a/b}'])('%s is refused', (template) => {
    expect(() => parseTemplate(template)).toThrow()
  })
})

describe('route table', () => {
  const table = createRouteTable(
    ['{*all}', 'a/{*rest:alpha}', 'a/{x}', 'a/{x:int}', 'a/b', 'a/{x}.{y}', '{x}/b'].map((template) => ({
      template,
      methods: ['GET'],
      target: template,
    })),
  )

  it.each([
    ['a/b', 'a/b'],
    ['a/7', 'a/{x:int}'],
    ['a/c.d', 'a/{x}.{y}'],
    ['a/c', 'a/{x}'],
    ['a/c/d', '{*all}'],
    ['c/b', '{x}/b'],
    ['', '{*all}'],
  ])('%s goes to %s', (path, template) => {
    expect(table.find('GET', path === '' ? [] : path.split('/'))?.target).toBe(template)
  })

  it('takes every method for an empty list', () => {
    const open = createRouteTable([{ template: 'a', methods: [], target: 1 }])
    expect(open.find('PURGE', ['a'])?.target).toBe(1)
    expect(table.find('PURGE', ['a'])).toBeUndefined()
  })
})
