import { randomUUID } from 'node:crypto'
import { personas } from '../personas.ts'

export type Role = 'Admin' | 'Member' | 'Contributor' | 'Viewer'

export interface Item {
  readonly id: string
  readonly type: string
  displayName: string
  description: string
  parts: readonly unknown[]
}

export interface Workspace {
  readonly id: string
  readonly displayName: string
  readonly roles: Map<string, Role>
  readonly items: Map<string, Item>
}

/** Ids that tests and settings know. */
export const known = {
  emea: 'fa000000-0000-4000-8000-000000000001',
  us: 'fa000000-0000-4000-8000-000000000002',
  shared: 'fa000000-0000-4000-8000-000000000003',
  lakehouse: 'fa000000-0000-4000-8000-000000000011',
  model: 'fa000000-0000-4000-8000-000000000012',
  report: 'fa000000-0000-4000-8000-000000000013',
  notebook: 'fa000000-0000-4000-8000-000000000014',
  emeaLakehouse: 'fa000000-0000-4000-8000-000000000021',
  usLakehouse: 'fa000000-0000-4000-8000-000000000022',
} as const

const { alice, bob, carol } = personas
const ranks: readonly Role[] = ['Viewer', 'Contributor', 'Member', 'Admin']

/** All workspaces of the tenant, as they are at the start. */
export function makeTenant(): Map<string, Workspace> {
  const shared: readonly (readonly [string, string, string])[] = [
    [known.lakehouse, 'Lakehouse', 'Sales lake'],
    [known.model, 'SemanticModel', 'Sales'],
    [known.report, 'Report', 'Sales by region'],
    [known.notebook, 'Notebook', 'Clean up'],
  ]
  const all = [
    makeWorkspace(known.emea, 'Sales EMEA', [alice.oid], [[known.emeaLakehouse, 'Lakehouse', 'EMEA lake']]),
    makeWorkspace(known.us, 'Sales US', [bob.oid], [[known.usLakehouse, 'Lakehouse', 'US lake']]),
    makeWorkspace(known.shared, 'Sales together', [alice.oid, bob.oid], shared),
  ]
  return new Map(all.map((one) => [one.id, one]))
}

function makeWorkspace(
  id: string,
  displayName: string,
  ...[people, items]: readonly [readonly string[], readonly (readonly [string, string, string])[]]
): Workspace {
  const roles = new Map<string, Role>([[carol.oid, 'Admin'], ...people.map((oid) => [oid, 'Contributor'] as const)])
  return { id, displayName, roles, items: new Map(items.map(([key, type, name]) => [key, makeItem(type, name, key)])) }
}

export function makeItem(type: string, displayName: string, id: string = randomUUID()): Item {
  return { id, type, displayName, description: '', parts: [] }
}

/** Whether a person has at least this role. */
export function mayIn(workspace: Workspace, oid: string, least: Role): boolean {
  const role = workspace.roles.get(oid)
  return role !== undefined && ranks.indexOf(role) >= ranks.indexOf(least)
}

/** Rows of the one table that there is, with the region that a person's rule leaves them. */
export const sales = [
  { Region: 'EMEA', Customer: 'Fabrikam', Amount: 120 },
  { Region: 'EMEA', Customer: 'Contoso', Amount: 80 },
  { Region: 'US', Customer: 'Adventure Works', Amount: 200 },
  { Region: 'APAC', Customer: 'Tailspin', Amount: 40 },
] as const

const regions: Readonly<Record<string, readonly string[]>> = {
  [alice.oid]: ['EMEA'],
  [bob.oid]: ['US'],
  [carol.oid]: ['EMEA', 'US', 'APAC'],
}

export function salesOf(oid: string): readonly (typeof sales)[number][] {
  return sales.filter(({ Region }) => (regions[oid] ?? []).includes(Region))
}
