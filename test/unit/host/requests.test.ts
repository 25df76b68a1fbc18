import { describe, expect, it } from 'vitest'
import { joinHeaders, readHost } from '../../../infra/local/host/request-headers.ts'
import { readTarget } from '../../../infra/local/host/request-target.ts'
import { startTrace } from '../../../infra/local/host/trace.ts'

describe('request target', () => {
  it.each([
    ['/', []],
    ['/a/b?c/d', ['a', 'b']],
    ['/a/', ['a']],
    ['/a//b', ['a', '', 'b']],
    ['/a/%2e%2e/b', ['b']],
    ['/../../a', ['a']],
    ['/a%2Fb', ['a%2Fb']],
    ['/a%2fb%20c', ['a%2Fb c']],
    ['/%C3%BC', ['ü']],
    ['/%FF%zz', ['%FF%zz']],
    ['/%00', ['\0']],
    ['http://other.example/a?b=1', ['a']],
  ])('%s has the segments %o', (target, segments) => {
    expect(readTarget(target)?.segments).toEqual(segments)
  })

  it.each(['*', 'other.example:443', '', 'ftp://a/b'])('%s is none', (target) => {
    expect(readTarget(target)).toBeUndefined()
  })
})

describe('request headers', () => {
  it('join repeated values in order, whatever their case', () => {
    expect(joinHeaders(['A', '1', 'b', '2', 'a', '3', 'a', ''])).toEqual({ a: '1,3,', b: '2' })
  })

  it('keep a header with the name of an object member', () => {
    expect(Object.entries(joinHeaders(['__proto__', 'x']))).toEqual([['__proto__', 'x']])
  })

  it.each([
    ['a.example:7071', 'a.example:7071'],
    ['[::1]:80', '[::1]:80'],
    ['a,b', undefined],
    ['user@a', undefined],
    ['a/b', undefined],
    ['a b', undefined],
    ['a:port', undefined],
    ['', undefined],
  ])('take %s as the host %s', (host, read) => {
    expect(readHost({ host })).toBe(read)
  })
})

describe('trace context', () => {
  const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

  it('keeps the trace and its flags and gives it a new span', () => {
    const { traceParent, traceState } = startTrace(parent, 'a=b')
    expect(traceParent).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/)
    expect(traceParent).not.toBe(parent)
    expect(traceState).toBe('a=b')
  })

  it('begins a trace where the parent is malformed, without its state', () => {
    expect(startTrace('00-xyz', 'a=b')).toMatchObject({
      traceParent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/),
      traceState: '',
    })
  })
})
