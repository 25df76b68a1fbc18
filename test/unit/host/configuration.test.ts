import { describe, expect, it } from 'vitest'
import { resolveEntry } from '../../../infra/local/host/entry.ts'
import { expandBraces, globExpression } from '../../../infra/local/host/entry-glob.ts'
import { parseHostJson } from '../../../infra/local/host/host-json.ts'
import { leastLevel } from '../../../infra/local/host/log.ts'
import { retryDelay } from '../../../infra/local/host/retry.ts'
import { createClock, normaliseSchedule } from '../../../infra/local/host/schedule.ts'
import { applySettings, expandSettings, isDisabled, readConnection } from '../../../infra/local/host/settings.ts'
import { fixtures } from '../../support/host-client.ts'

describe('host.json', () => {
  it('has the defaults of Azure', () => {
    expect(parseHostJson('{"version":"2.0"}', {})).toMatchObject({
      routePrefix: 'api',
      hasBundle: false,
      queues: { maxDequeueCount: 5, batchSize: 16, visibilityTimeout: 0, messageEncoding: 'base64' },
    })
  })

  it('is overridden by settings', () => {
    const settings = {
      AzureFunctionsJobHost__extensions__http__routePrefix: '/v1/',
      AzureFunctionsJobHost__extensions__queues__maxDequeueCount: '3',
      AzureFunctionsJobHost__logging__logLevel__default: 'Warning',
    }
    expect(parseHostJson('{"version":"2.0","extensions":{"http":{"routePrefix":"x"}}}', settings)).toMatchObject({
      routePrefix: 'v1',
      logLevels: { default: 'warning' },
      queues: { maxDequeueCount: 3 },
    })
  })

  it('reads spans of time', () => {
    const text = '{"version":"2.0","extensions":{"queues":{"visibilityTimeout":"00:01:30"}}}'
    expect(parseHostJson(text, {}).queues.visibilityTimeout).toBe(90_000)
  })

  it.each(['{}', '{"version":"1.0"}', '[]', '{"version":"2.0","logging":{"logLevel":{"default":"loud"}}}', 'x'])(
    '%s is refused',
    (text) => {
      expect(() => parseHostJson(text, {})).toThrow()
    },
  )
})

describe('log level', () => {
  const levels = { default: 'warning', Function: 'error', 'Function.a.User': 'debug' } as const

  it.each([
    ['Host', 'warning'],
    ['Function.b', 'error'],
    ['Function.a.User', 'debug'],
    ['Function.ab', 'error'],
    ['Functional', 'warning'],
  ])('of %s is %s', (category, level) => {
    expect(leastLevel(levels, category)).toBe(level)
  })

  it('is information without any setting', () => {
    expect(leastLevel({}, 'Host')).toBe('information')
  })
})

describe('app settings', () => {
  it('stand in for their names in binding expressions', () => {
    expect(expandSettings('%A%-%B%', { A: '1', B: '2' })).toBe('1-2')
    expect(() => expandSettings('%MISSING%', {})).toThrow('MISSING')
  })

  it.each([
    ['true', true],
    ['1', true],
    ['false', false],
    [undefined, false],
  ])('with Disabled %s give %s', (value, disabled) => {
    expect(isDisabled('f', { 'AzureWebJobs.f.Disabled': value })).toBe(disabled)
  })

  it('name connections with or without the prefix, and refuse an absent one', () => {
    expect(readConnection(undefined, { AzureWebJobsStorage: 'a' })).toBe('a')
    expect(readConnection('Mine', { AzureWebJobsMine: 'b', Mine: 'c' })).toBe('b')
    expect(readConnection('Mine', { Mine: 'c' })).toBe('c')
    expect(() => readConnection('Mine', {})).toThrow("'Mine'")
  })

  it('leave the environment as it was', () => {
    process.env.HOST_TEST_KEPT = 'old'
    const restore = applySettings({ HOST_TEST_KEPT: 'new', HOST_TEST_ADDED: 'x' })
    expect([process.env.HOST_TEST_KEPT, process.env.HOST_TEST_ADDED]).toEqual(['new', 'x'])
    restore()
    expect([process.env.HOST_TEST_KEPT, process.env.HOST_TEST_ADDED]).toEqual(['old', undefined])
    delete process.env.HOST_TEST_KEPT
  })
})

describe('entry glob', () => {
  it('expands braces, nested ones too', () => {
    expect([...expandBraces('d/{a,b{1,2}}.js')].sort()).toEqual(['d/a.js', 'd/b1.js', 'd/b2.js'])
  })

  it.each([
    ['dist/*.js', 'dist/a.js', true],
    ['dist/*.js', 'dist/a/b.js', false],
    ['dist/**/*.js', 'dist/b.js', true],
    ['dist/**/*.js', 'dist/a/c/b.js', true],
    ['./a?.js', 'ab.js', true],
    ['a.js', 'abjs', false],
  ])('%s on %s is %s', (glob, path, fits) => {
    expect(globExpression(glob).test(path)).toBe(fits)
  })

  it('names the pattern that fits no file', async () => {
    await expect(resolveEntry(`${fixtures}web`, ['dist/*.js'])).rejects.toThrow("'dist/*.js'")
  })
})

describe('timer schedule', () => {
  const next = (schedule: string, settings = {}) =>
    createClock(schedule, settings, async () => undefined)
      .nextRuns(2, new Date('2026-01-01T00:00:00Z'))
      .map((date) => date.toISOString())

  it.each([
    ['*/5 * * * *', '2026-01-01T00:05:00.000Z'],
    ['0 */5 * * * *', '2026-01-01T00:05:00.000Z'],
    ['0 5/15 * * * *', '2026-01-01T00:05:00.000Z'],
    ['0 0 9 13 * 5', '2026-02-13T09:00:00.000Z'],
    ['0 0 9 * January Monday', '2026-01-05T09:00:00.000Z'],
    ['0 0 9 * * 0', '2026-01-04T09:00:00.000Z'],
  ])('%s runs first at %s', (schedule, first) => {
    expect(next(schedule)[0]).toBe(first)
  })

  it('counts in the time zone of the setting', () => {
    expect(next('0 0 9 * * *', { WEBSITE_TIME_ZONE: 'Europe/Berlin' })[0]).toBe('2026-01-01T08:00:00.000Z')
  })

  it.each(['@daily', '* * * *', '0 0 9 L * *', '0 0 9 * * 7', '0 0 9 ? * 1', '0 0 9 * * 1#2', ''])(
    '%s is refused',
    (schedule) => {
      expect(() => normaliseSchedule(schedule)).toThrow(/NCRONTAB|days of the week/)
    },
  )
})

describe('retry delay', () => {
  const seconds = (n: number) => ({ seconds: n })

  it('is constant for fixedDelay', () => {
    const options = { maxRetryCount: 3, retryStrategy: 'fixedDelay', delayInterval: seconds(2) } as const
    expect([1, 2, 3].map((retry) => retryDelay(options, retry))).toEqual([2, 2, 2])
  })

  it('doubles up to the maximum for exponentialBackoff', () => {
    const options = {
      maxRetryCount: 5,
      retryStrategy: 'exponentialBackoff',
      minimumInterval: seconds(2),
      maximumInterval: seconds(10),
    } as const
    expect([1, 2, 3, 4].map((retry) => retryDelay(options, retry))).toEqual([2, 4, 8, 10])
  })
})
