import { fail, type Reply } from './reply.ts'
import type { WorkspaceUser } from './users.ts'

type State = 'RUNNING' | 'STARTING' | 'STOPPED'

/** A SQL warehouse. Everybody in the workspace may use and start it; stopping takes its manager. */
interface Warehouse {
  readonly id: string
  readonly name: string
  state: State
  ready: Promise<void>
}

/** The ids of the workspace's warehouses: the first runs, the second is stopped, the third is nobody's business. */
export const warehouseIds = ['wh-sales-0001', 'wh-sales-0002', 'wh-finance-0003'] as const

const startMs = 250

/** The warehouses of one workspace. */
export function makeWarehouses() {
  const all = new Map(
    warehouseIds.map((id, at) => {
      const state: State = at === 0 ? 'RUNNING' : 'STOPPED'
      const made: Warehouse = { id, name: `Warehouse ${at + 1}`, state, ready: Promise.resolve() }
      return [id as string, made]
    }),
  )
  return {
    /** Resolves when the warehouse runs, which a stopped one does a moment after it was asked for; undefined for none. */
    awake: (id: string): Promise<void> | undefined => {
      const found = all.get(id)
      return found === undefined ? undefined : start(found)
    },
    answer: (id: string | undefined, action: string | undefined, user: WorkspaceUser): Reply => {
      if (id === undefined) return { status: 200, body: { warehouses: [...all.values()].map(describe) } }
      const found = all.get(id)
      if (found === undefined) return fail(404, 'RESOURCE_DOES_NOT_EXIST', `SQL warehouse ${id} does not exist.`)
      return act(found, action, user)
    },
  }
}

export type Warehouses = ReturnType<typeof makeWarehouses>

function act(warehouse: Warehouse, action: string | undefined, user: WorkspaceUser): Reply {
  if (action === undefined) return { status: 200, body: describe(warehouse) }
  if (action === 'start') {
    void start(warehouse)
    return { status: 200, body: {} }
  }
  if (action !== 'stop') return fail(404, 'ENDPOINT_NOT_FOUND', 'No API found')
  if (!user.admin) return fail(403, 'PERMISSION_DENIED', `${user.login} may not manage ${warehouse.id}`)
  warehouse.state = 'STOPPED'
  return { status: 200, body: {} }
}

function start(warehouse: Warehouse): Promise<void> {
  if (warehouse.state !== 'STOPPED') return warehouse.ready
  warehouse.state = 'STARTING'
  warehouse.ready = new Promise((resolve) => {
    const done = () => {
      if (warehouse.state === 'STARTING') warehouse.state = 'RUNNING'
      resolve()
    }
    setTimeout(done, startMs).unref()
  })
  return warehouse.ready
}

function describe({ id, name, state }: Warehouse): Readonly<Record<string, unknown>> {
  return {
    id,
    name,
    state,
    cluster_size: '2X-Small',
    warehouse_type: 'PRO',
    creator_name: 'admin@countersign.example',
    jdbc_url: `jdbc:spark://127.0.0.1:443/default;httpPath=/sql/1.0/warehouses/${id}`,
  }
}
