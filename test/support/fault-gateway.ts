/**
 * Gateways by the dozen in one process: each is the product's own composition (real SDKs, MSAL, jose, fetch, driver)
 * over settings, limits and a clock that the parent process gives. Started by `fault-gateways.ts` with the test
 * authority and the proxy in its environment, as the launcher starts a deployment's process.
 */
import '../../functions/azure-postgresql.ts'
import '../../functions/azure-storage-blob.ts'
import '../../functions/databricks-sql.ts'
import '../../functions/rest-entra-api.ts'
import { createInstance, type Instance, layFoundation, loadShippedPolicy } from '../../shared/app.ts'
import { parseSettings } from '../../shared/config/settings.ts'
import type { Order, Told } from './fault-gateways.ts'

interface Held {
  readonly instance: Instance
  ahead: number
}

const held = new Map<number, Held>()
const lines: string[] = []

let policy: ReturnType<typeof loadShippedPolicy> | undefined

/** All have the same groups, and so the same policy. */
const load: typeof loadShippedPolicy = (settings) => {
  policy ??= loadShippedPolicy(settings)
  return policy
}

async function obey(order: Order): Promise<unknown> {
  if (order.op === 'open') return void held.set(order.gateway, open(order))
  const gateway = held.get(order.gateway)
  if (gateway === undefined && order.op === 'close') return undefined
  if (gateway === undefined) throw new Error('no such gateway')
  if (order.op === 'skip') {
    gateway.ahead += order.ms
    return undefined
  }
  if (order.op === 'close') {
    await gateway.instance.close()
    return void held.delete(order.gateway)
  }
  const app = await gateway.instance.app()
  try {
    return await app.answers.call(order.inbound)
  } catch (error) {
    return app.refuse(error, order.inbound)
  }
}

function open({ env, limits }: Extract<Order, { op: 'open' }>): Held {
  const one = { ahead: 0 }
  const clock = () => Date.now() + one.ahead
  const foundation = layFoundation(parseSettings(env), { limits, clock, log: (event) => lines.push(event) })
  return Object.assign(one, { instance: createInstance(foundation, load) })
}

process.on('message', (told: Told) => {
  obey(told.order).then(
    (value) => process.send?.({ id: told.id, value }),
    (error: unknown) => process.send?.({ id: told.id, error: String(error) }),
  )
})
process.on('disconnect', () => process.exit())
process.on('unhandledRejection', (error) => {
  process.send?.({ stray: error instanceof Error ? (error.stack ?? error.message) : String(error) })
})
process.send?.({ ready: true })
