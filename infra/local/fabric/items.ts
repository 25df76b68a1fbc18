import { randomUUID } from 'node:crypto'
import { onSharing, type Sharing } from './sharing.ts'
import { type Item, makeItem, mayIn, type Role, type Workspace } from './tenant.ts'
import { type Asked, fail, pageOf, type Reply } from './wire.ts'
import { onJob, onOperation, startJob, takeUp, type WorkBook } from './work.ts'

/** What the API of Fabric knows. */
export interface FabricState {
  readonly tenant: Map<string, Workspace>
  readonly work: WorkBook
  readonly sharing: Sharing
}

const pageSize = 2

/** Answers what stands under /v1, but for Spark. */
export function onFabric(asked: Asked, state: FabricState): Reply {
  const [, collection, id] = asked.parts
  if (collection === 'operations') return onOperation(asked, state.work)
  if (collection === 'catalog') return search(asked, state)
  if (collection !== 'workspaces') return fail('fabric', 404, 'EntityNotFound')
  if (id === undefined) return listWorkspaces(asked, state)
  const workspace = state.tenant.get(id)
  // Who has no role in a workspace is not told that it is there.
  if (workspace === undefined || !mayIn(workspace, asked.oid, 'Viewer')) return fail('fabric', 404, 'WorkspaceNotFound')
  return inWorkspace(asked, workspace, state)
}

function listWorkspaces(asked: Asked, { tenant }: FabricState): Reply {
  const seen = [...tenant.values()].filter((one) => mayIn(one, asked.oid, 'Viewer'))
  const { items, more } = pageOf(seen, asked, pageSize)
  const value = (items as readonly Workspace[]).map(({ id, displayName }) => {
    return { id, displayName, description: '', type: 'Workspace' }
  })
  return { status: 200, body: { value, ...more } }
}

function search(asked: Asked, { tenant }: FabricState): Reply {
  const wanted = String((asked.body as { search?: unknown } | undefined)?.search ?? '').toLowerCase()
  const value = [...tenant.values()]
    .filter((one) => mayIn(one, asked.oid, 'Viewer'))
    .flatMap(({ id, displayName, items }) => [...items.values()].map((item) => ({ item, place: { id, displayName } })))
    .filter(({ item }) => item.displayName.toLowerCase().includes(wanted))
    .map(({ item, place }) => {
      const { id, displayName, description, type } = item
      return { id, displayName, description, type, catalogEntryType: 'FabricItem', hierarchy: { workspace: place } }
    })
  return { status: 200, body: { value } }
}

function inWorkspace(asked: Asked, workspace: Workspace, state: FabricState): Reply {
  const [, , , collection, itemId] = asked.parts
  if (collection === 'roleAssignments') return addRole(asked, workspace)
  if (collection !== 'items') return fail('fabric', 404, 'EntityNotFound')
  if (itemId === undefined) return onItems(asked, workspace, state)
  const item = workspace.items.get(itemId)
  return item === undefined ? fail('fabric', 404, 'ItemNotFound') : onItem(asked, { workspace, item }, state)
}

function addRole(asked: Asked, workspace: Workspace): Reply {
  if (!mayIn(workspace, asked.oid, 'Member')) return fail('fabric', 403, 'InsufficientPrivileges')
  const { principal, role } = asked.body as { principal: { id: string; type: string }; role: Role }
  workspace.roles.set(principal.id, role)
  return { status: 201, body: { id: principal.id, principal, role } }
}

function onItems(asked: Asked, workspace: Workspace, { work }: FabricState): Reply {
  if (asked.method === 'POST') return createItem(asked, workspace, work)
  const type = asked.url.searchParams.get('type')
  const seen = [...workspace.items.values()].filter((item) => type === null || item.type === type)
  const { items, more } = pageOf(seen, asked, pageSize)
  return { status: 200, body: { value: (items as readonly Item[]).map((item) => show(item, workspace)), ...more } }
}

function createItem(asked: Asked, workspace: Workspace, work: WorkBook): Reply {
  if (!mayIn(workspace, asked.oid, 'Contributor')) return fail('fabric', 403, 'InsufficientPrivileges')
  const { displayName, type, definition } = asked.body as {
    displayName: string
    type: string
    definition?: { parts: readonly unknown[] }
  }
  if ([...workspace.items.values()].some((item) => item.displayName === displayName && item.type === type))
    return fail('fabric', 409, 'ItemDisplayNameAlreadyInUse')
  const item = makeItem(type, displayName, randomUUID())
  item.parts = definition?.parts ?? []
  workspace.items.set(item.id, item)
  return takeUp(asked, work, show(item, workspace))
}

function onItem(
  asked: Asked,
  { workspace, item }: { readonly workspace: Workspace; readonly item: Item },
  { work, sharing }: FabricState,
): Reply {
  const part = asked.parts[5]
  const may = (role: Role) => mayIn(workspace, asked.oid, role)
  if (part === 'shortcuts' || part === 'dataAccessRoles') return onSharing(asked, sharing, may)
  if (part === undefined && asked.method === 'GET') return { status: 200, body: show(item, workspace) }
  if (!may('Contributor')) return fail('fabric', 403, 'InsufficientPrivileges')
  if (part === 'jobs') return asked.parts[6] === 'instances' ? onJob(asked, work) : startJob(asked, work)
  return part === undefined ? remove(asked, item, workspace) : define(asked, item, work)
}

function define(asked: Asked, item: Item, work: WorkBook): Reply {
  if (asked.parts[5] === 'getDefinition') return takeUp(asked, work, { definition: { parts: item.parts } })
  if (asked.parts[5] !== 'updateDefinition') return fail('fabric', 404, 'EntityNotFound')
  item.parts = (asked.body as { definition: { parts: readonly unknown[] } }).definition.parts
  return takeUp(asked, work, undefined)
}

function remove(asked: Asked, item: Item, workspace: Workspace): Reply {
  const forGood = asked.url.searchParams.get('hardDelete') === 'true'
  if (asked.method !== 'DELETE') return fail('fabric', 404, 'EntityNotFound')
  if (forGood && !mayIn(workspace, asked.oid, 'Admin')) return fail('fabric', 403, 'InsufficientPrivileges')
  workspace.items.delete(item.id)
  return { status: 200 }
}

function show({ id, type, displayName, description }: Item, workspace: Workspace) {
  return { id, type, displayName, description, workspaceId: workspace.id }
}
