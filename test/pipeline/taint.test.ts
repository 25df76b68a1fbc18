import { describe, expect, it } from 'vitest'
import { alice, backendProblem, type Faults, secrets } from '../support/line-world.ts'
import { createUsageTables } from '../support/usage-memory.ts'
import { createUsageWorld } from '../support/usage-world.ts'

const clear = { decide: () => ({ clearLabels: ['pii.contact', 'public'] }) } as const

const dropped = {
  decide: () => ({ obligations: [{ kind: 'mask', label: 'pii.contact', strategy: 'drop' }] as const }),
}

describe('taint in the line', () => {
  it.each<[string, string, Faults, boolean]>([
    ['what strangers wrote', 'readMail', {}, true],
    ['personal data in clear', 'readPerson', clear, true],
    ['personal data that was masked in part', 'readPerson', {}, false],
    ['personal data that was left out', 'readPerson', dropped, false],
    ['anything else', 'getItem', {}, false],
    [
      'mail that could not be read',
      'readMail',
      { call: () => Promise.reject(backendProblem('backend_rejected', 'x')) },
      false,
    ],
  ])('by %s', async (...[, operation, faults, expected]) => {
    const tables = createUsageTables()
    const world = createUsageWorld({ faults, tables })
    await world.call(alice, operation)
    await createUsageWorld({ tables }).call()
    await world.call()
    const tainted = world.intents.map(({ context }) => context.tainted)
    expect(tainted).toEqual([false, expected])
  })

  it('is told to policy by every instance at once, and by explain', async () => {
    const tables = createUsageTables()
    const heard: boolean[] = []
    const faults: Faults = {
      decide: ({ context }) => {
        heard.push(context.tainted)
        return {}
      },
    }
    const other = createUsageWorld({ tables, faults })
    await other.call()
    await createUsageWorld({ tables }).call(alice, 'readMail')
    await other.call()
    await other.ask('explain', alice, { body: { backend: 'line-backend', operation: 'getItem' } })
    expect(heard).toEqual([false, true, true])
  })

  it('that cannot be kept withholds the answer, and the book says that it was called', async () => {
    const failing = () => {
      world.tables.taints.fail(10)
      return {}
    }
    const world: ReturnType<typeof createUsageWorld> = createUsageWorld({ faults: { call: failing } })
    const { code, body } = await world.call(alice, 'readMail')
    expect(code).toBe('policy_unavailable')
    expect(JSON.stringify(body)).not.toContain(secrets.data)
    expect(world.outcomes[0]).toMatchObject({ status: 'called', code: 'policy_unavailable' })
  })

  it('that cannot be looked up refuses the call', async () => {
    const world = createUsageWorld()
    world.tables.taints.fail(1)
    expect((await world.call()).code).toBe('policy_unavailable')
    expect(world.world.calls).toEqual([])
  })

  it('is durable before the outcome is', async () => {
    const order: string[] = []
    const world = createUsageWorld({ faults: { outcome: () => void order.push('outcome') } })
    const { insert } = world.tables.taints
    Object.assign(world.tables.taints, {
      insert: async (...given: Parameters<typeof insert>) => {
        const etag = await insert(...given)
        order.push('taint')
        return etag
      },
    })
    await world.call(alice, 'readMail')
    expect(order).toEqual(['taint', 'outcome'])
  })
})
