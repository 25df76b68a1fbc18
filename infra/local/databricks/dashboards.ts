import { type Dashboard, mayUse, type WorkspaceObjects } from './objects.ts'
import { absent, fail, ok, pageOf } from './reply.ts'
import type { Route } from './route.ts'
import type { WorkspaceUser } from './users.ts'

const one = (rest: string) => new RegExp(`^/api/2\\.0/lakeview/dashboards/([0-9a-z]+)${rest}$`)

interface Written {
  readonly display_name?: string
  readonly serialized_dashboard?: string
  readonly etag?: string
  readonly warehouse_id?: string
  readonly embed_credentials?: boolean
}

/** Lakeview API 2.0: drafts, what is published of them, and schedules that nothing keeps. */
export const dashboardRoutes: readonly Route[] = [
  {
    place: 'rest',
    method: 'GET',
    path: /^\/api\/2\.0\/lakeview\/dashboards$/,
    handle: ({ url, user }, { objects }) => {
      const seen = objects.dashboards.filter((each) => mayUse(each, user)).map(describe)
      return pageOf('dashboards', seen, { query: url.searchParams, size: 'page_size' })
    },
  },
  {
    place: 'rest',
    method: 'POST',
    path: /^\/api\/2\.0\/lakeview\/dashboards$/,
    handle: ({ body, user }, { objects }) => {
      const made = create(objects, body as Written, user)
      return ok(describe(made))
    },
  },
  {
    place: 'rest',
    method: 'GET',
    path: one('(/published|/schedules)?'),
    handle: ({ url, user }, { objects }, [id = '', what]) => {
      const found = find(objects, id, user)
      if (found === undefined) return absent(`Dashboard ${id}`)
      if (what === '/schedules')
        return pageOf('schedules', found.schedules, { query: url.searchParams, size: 'page_size' })
      if (what === undefined) return ok(describe(found))
      return found.published === null
        ? absent('Published dashboard')
        : ok({ ...found.published, display_name: found.display_name })
    },
  },
  {
    place: 'rest',
    method: 'PATCH',
    path: one(''),
    handle: ({ body, user }, { objects }, [id = '']) => {
      const found = find(objects, id, user)
      const { etag, ...changes } = body as Written
      if (found === undefined) return absent(`Dashboard ${id}`)
      if (etag !== found.etag) return fail(409, 'ABORTED', 'The dashboard was changed')
      Object.assign(found, changes, { etag: String(Number(found.etag) + 1) })
      return ok(describe(found))
    },
  },
  {
    place: 'rest',
    method: 'POST',
    path: one('/published'),
    handle: ({ body, user }, { objects }, [id = '']) => {
      const found = find(objects, id, user)
      if (found === undefined) return absent(`Dashboard ${id}`)
      const { embed_credentials = true, warehouse_id = found.warehouse_id } = body as Written
      found.published = { embed_credentials, warehouse_id }
      return ok(found.published)
    },
  },
  {
    place: 'rest',
    method: 'DELETE',
    path: one(''),
    handle: ({ user }, { objects }, [id = '']) => {
      const found = find(objects, id, user)
      if (found === undefined) return absent(`Dashboard ${id}`)
      objects.dashboards.splice(objects.dashboards.indexOf(found), 1)
      return ok()
    },
  },
  {
    place: 'rest',
    method: 'POST',
    path: one('/schedules(?:/([\\w-]+)/subscriptions)?'),
    handle: ({ body, user }, { objects }, [id = '', schedule]) => {
      const found = find(objects, id, user)
      if (found === undefined) return absent(`Dashboard ${id}`)
      if (schedule !== undefined) return ok({ ...(body as object), subscription_id: 'sub-1', schedule_id: schedule })
      const made = { ...(body as object), schedule_id: `s-${found.schedules.length + 1}`, dashboard_id: id }
      found.schedules.push(made)
      return ok(made)
    },
  },
]

function find({ dashboards }: WorkspaceObjects, id: string, user: WorkspaceUser): Dashboard | undefined {
  return dashboards.find(({ dashboard_id, ...rest }) => dashboard_id === id && mayUse(rest, user))
}

function create(objects: WorkspaceObjects, written: Written, { login }: WorkspaceUser): Dashboard {
  objects.nextId += 1
  const made: Dashboard = {
    ...{ dashboard_id: objects.nextId.toString(16), seenBy: [login], etag: '1', published: null, schedules: [] },
    display_name: written.display_name ?? '',
    serialized_dashboard: written.serialized_dashboard ?? '{}',
    warehouse_id: written.warehouse_id ?? '',
  }
  objects.dashboards.push(made)
  return made
}

function describe({ seenBy: _seenBy, schedules: _schedules, published: _published, ...dashboard }: Dashboard) {
  return { ...dashboard, lifecycle_state: 'ACTIVE' }
}
