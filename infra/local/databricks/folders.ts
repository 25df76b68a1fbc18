import type { FolderEntry, WorkspaceObjects } from './objects.ts'
import { absent, fail, ok, type Reply } from './reply.ts'
import type { Route } from './route.ts'
import type { WorkspaceUser } from './users.ts'

interface Written {
  readonly path: string
  readonly content?: string
  readonly language?: string
  readonly overwrite?: boolean
  readonly recursive?: boolean
}

const mayReach = (path: string, user: WorkspaceUser) =>
  user.admin || !path.startsWith('/Users/') || `${path}/`.startsWith(`/Users/${user.login}/`)

/** Workspace API 2.0, permissions of objects, and one serving endpoint that repeats what it is asked. */
export const folderRoutes: readonly Route[] = [
  {
    place: 'rest',
    method: 'GET',
    path: /^\/api\/2\.0\/workspace\/(list|get-status|export)$/,
    handle: ({ url, user }, { objects }, [what = '']) => {
      const path = url.searchParams.get('path') ?? ''
      const found = mayReach(path, user) ? objects.folders.get(path) : undefined
      return found === undefined ? absent(path) : show(objects, what, { path, entry: found })
    },
  },
  {
    place: 'rest',
    method: 'POST',
    path: /^\/api\/2\.0\/workspace\/(import|mkdirs|delete)$/,
    handle: ({ body, user }, { objects }, [what = '']) => {
      const written = body as Written
      if (!mayReach(written.path, user)) return fail(403, 'PERMISSION_DENIED', `${user.login} may not write there`)
      return change(objects, what, written)
    },
  },
  {
    place: 'rest',
    method: 'GET',
    path: /^\/api\/2\.0\/permissions\/(\w+)\/([\w-]+)$/,
    handle: ({ user }, _parts, [type, id]) => ok(permissionsOf(user, String(type), String(id))),
  },
  {
    place: 'rest',
    method: 'PUT',
    path: /^\/api\/2\.0\/permissions\/(\w+)\/([\w-]+)$/,
    handle: ({ user }, _parts, [type, id]) =>
      user.admin
        ? ok(permissionsOf(user, String(type), String(id)))
        : fail(403, 'PERMISSION_DENIED', `${user.login} may not manage it`),
  },
  {
    place: 'rest',
    method: 'POST',
    path: /^\/serving-endpoints\/([\w-]+)\/invocations$/,
    handle: ({ body }) => {
      const { messages } = body as { messages: readonly { content: string }[] }
      const message = { role: 'assistant', content: messages.at(-1)?.content ?? '' }
      return ok({ object: 'chat.completion', choices: [{ index: 0, message, finish_reason: 'stop' }] })
    },
  },
]

function show({ folders }: WorkspaceObjects, what: string, at: { path: string; entry: FolderEntry }): Reply {
  const { path, entry } = at
  if (what === 'export') return ok({ content: entry.content ?? '', file_type: 'py' })
  if (what === 'get-status') return ok(describe(path, entry))
  const within = [...folders].filter(([one]) => one.startsWith(`${path}/`) && !one.slice(path.length + 1).includes('/'))
  return ok({ objects: within.map(([one, found]) => describe(one, found)) })
}

function describe(path: string, { content: _content, ...entry }: FolderEntry) {
  return { path, ...entry }
}

function change(objects: WorkspaceObjects, what: string, { path, content, language, ...how }: Written): Reply {
  const { folders } = objects
  if (what === 'delete') return remove(objects, path, how.recursive === true)
  if (folders.has(path) && what === 'import' && how.overwrite !== true)
    return fail(400, 'RESOURCE_ALREADY_EXISTS', `${path} exists`)
  objects.nextId += 1
  const common = { object_id: objects.nextId }
  const notebook = {
    ...common,
    object_type: 'NOTEBOOK',
    language: language ?? 'PYTHON',
    content: content ?? '',
  } as const
  folders.set(path, what === 'import' ? notebook : { ...common, object_type: 'DIRECTORY' })
  return ok()
}

function remove({ folders }: WorkspaceObjects, path: string, recursive: boolean): Reply {
  if (!folders.has(path)) return absent(path)
  const within = [...folders.keys()].filter((one) => one.startsWith(`${path}/`))
  if (within.length > 0 && !recursive) return fail(400, 'DIRECTORY_NOT_EMPTY', `${path} is not empty`)
  for (const one of [path, ...within]) folders.delete(one)
  return ok()
}

function permissionsOf({ login }: WorkspaceUser, type: string, id: string) {
  const all_permissions = [{ permission_level: 'CAN_READ', inherited: false }]
  return {
    object_id: `/${type}/${id}`,
    object_type: type.replace(/s$/, ''),
    access_control_list: [{ user_name: login, all_permissions }],
  }
}
