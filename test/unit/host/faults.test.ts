import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunningHost, startHost } from '../../../infra/local/host/host.ts'
import { fixtures } from '../../support/host-client.ts'

describe('app with mistakes', () => {
  let host: RunningHost
  const lines: string[] = []

  beforeAll(async () => {
    const load = () => import('../../support/host-fixtures/faults/app.ts')
    host = await startHost({ appRoot: `${fixtures}faults`, load, log: (line) => lines.push(line) })
  })

  afterAll(() => host.stop())

  it.each(['throws', 'returnsNothing', 'returnsNull', 'returnsText', 'badStatus'])(
    '%s is answered 500 and reported, since Azure would hang',
    async (name) => {
      const before = host.problems.length
      const answer = await fetch(`${host.url}/api/${name}`)
      expect(answer.status).toBe(500)
      expect(await answer.text()).toBe('')
      expect(host.problems).toHaveLength(before + 1)
      expect(host.problems.at(-1)).toContain(`'${name}'`)
      expect(lines.some((line) => line.includes(`ERROR Host.Problem: function '${name}'`))).toBe(true)
    },
  )

  it('answers a sound function without a report', async () => {
    const before = host.problems.length
    expect(await (await fetch(`${host.url}/api/fine`)).text()).toBe('fine')
    expect(host.problems).toHaveLength(before)
  })

  it.each([
    ['slash', "starts with '/'"],
    ['constraint', "'prime'"],
    ['queued', 'extensionBundle'],
    ['blob', 'not supported'],
    ['daily', 'NCRONTAB'],
    ['twice', 'share the route'],
  ])('reports at the start that %s cannot run', (name, words) => {
    const report = host.problems.find((problem) => problem.includes(`'${name}'`))
    expect(report).toContain(words)
  })

  it('lists no function whose trigger cannot run', () => {
    const names = host.functions.map((fn) => fn.name)
    for (const name of ['slash', 'constraint', 'queued', 'blob']) expect(names).not.toContain(name)
  })

  it('has no timer to run by another name', async () => {
    await expect(host.runTimer('nightly')).rejects.toThrow("'nightly'")
  })
})
