import { compareEffects, type Effect, worseEffect } from '../backend/effect.ts'
import type { PrincipalKind } from '../identity/principal.ts'
import type { PolicyRequest } from './decision.ts'
import type { Entity, EntityRef, Value } from './language.ts'

/** Who is a member of what: group ids by name, and the tenant whose groups count. Part of the policy's digest. */
export interface Directory {
  /** Tenant id; groups, roles and `homeTenant` hold for principals of this tenant only. */
  readonly homeTenant: string
  /** Object ids by the name that policies use; every group that a policy names must be here, if empty. */
  readonly groups: Readonly<Record<string, readonly string[]>>
}

/** One question to ask of the policy: an effect on a resource. */
export interface Target {
  readonly action: Effect
  readonly resource: EntityRef
  readonly entities: readonly Entity[]
}

const kinds: Readonly<Record<PrincipalKind, string>> = {
  person: 'Person',
  guest: 'Guest',
  app: 'App',
  'agent-for-person': 'Agent',
  'agent-user': 'AgentUser',
}

/** A name in the policies' namespace. */
export function refer(type: string, id: string): EntityRef {
  return { type: `Countersign::${type}`, id }
}

/** The caller as an entity; ids of groups that no policy knows are dropped. */
export function describePrincipal(who: PolicyRequest['principal'], directory: Directory): Entity {
  const home = who.tid === directory.homeTenant
  return {
    uid: refer(kinds[who.kind], `${who.tid}/${who.oid}`),
    attrs: {
      homeTenant: home,
      guest: who.guest || who.kind === 'guest',
      publicClient: who.publicClient,
      actor: who.actor,
      authContexts: sortedSet(who.authContexts),
    },
    parents: home
      ? [
          ...groupNames(who.groups, directory).map((name) => refer('Group', name)),
          ...sortedSet(who.roles).map((role) => refer('Role', role)),
        ]
      : [],
  }
}

/** The questions of a call: one for each object and access, or one for the operation where no object is touched. */
export function listTargets(request: PolicyRequest): readonly Target[] {
  const { action, resource } = request
  const operation = describeOperation(request)
  const reads = sortedSet(resource.reads).map((name) => describeObject('read', name, operation))
  const change = worseEffect(action, 'write')
  const writes = sortedSet(resource.writes).map((name) => describeObject(change, name, operation))
  const covered = compareEffects(action, 'read') === 0 ? reads.length + writes.length > 0 : writes.length > 0
  return [...reads, ...writes, ...(covered ? [] : [{ ...operation, action }])]
}

/** A label with everything it is inside of: `pii.contact` is inside `pii`. */
export function describeLabel(label: string): { readonly resource: EntityRef; readonly entities: readonly Entity[] } {
  const entities = prefixes(label).map((name, index, all) => ({
    uid: refer('Label', name),
    attrs: {},
    parents: all.slice(index + 1, index + 2).map((parent) => refer('Label', parent)),
  }))
  return { resource: refer('Label', label), entities }
}

/** The context of a call, with the obligations that count as met. */
export function describeContext(request: PolicyRequest, fulfilled: readonly string[]): Record<string, Value> {
  const { context, resource } = request
  const labels = sortedSet(resource.labels.flatMap(prefixes))
  const changes = sortedSet((resource.changes ?? []).flatMap(prefixes))
  return {
    operation: { __entity: operationRef(request) },
    runsAs: resource.runsAs,
    understood: context.understood,
    statements: context.statements,
    dangers: sortedSet(context.dangers),
    labels: labels.map((label) => ({ __entity: refer('Label', label) })),
    changes: changes.map((label) => ({ __entity: refer('Label', label) })),
    tainted: context.tainted,
    egress: resource.egress ?? false,
    time: { __extn: { fn: 'datetime', arg: context.time } },
    hour: context.hour ?? new Date(context.time).getUTCHours(),
    weekday: context.weekday ?? weekdayOf(new Date(context.time)),
    breakGlass: context.breakGlass ?? false,
    fulfilled: sortedSet(fulfilled),
  }
}

/** The context of seeing a label in clear. */
export function describeSight(request: PolicyRequest): Record<string, Value> {
  return { operation: { __entity: operationRef(request) } }
}

/** ISO 8601: Monday is 1, Sunday 7. */
function weekdayOf(time: Date): number {
  return time.getUTCDay() === 0 ? 7 : time.getUTCDay()
}

/** Each value once, in order. */
export function sortedSet(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort()
}

function groupNames(ids: readonly string[], directory: Directory): readonly string[] {
  const held = new Set(ids)
  return sortedSet(Object.keys(directory.groups).filter((name) => directory.groups[name]?.some((id) => held.has(id))))
}

function operationRef({ resource }: PolicyRequest): EntityRef {
  return refer('Operation', `${resource.backend}/${resource.operation}`)
}

function describeOperation(request: PolicyRequest): Omit<Target, 'action'> {
  const backend = refer('Backend', request.resource.backend)
  const operation = operationRef(request)
  return {
    resource: operation,
    entities: [
      { uid: operation, attrs: {}, parents: [backend] },
      { uid: backend, attrs: {}, parents: [] },
    ],
  }
}

/** An object sits in its schema, and so on up, in the backend and in the operation that touches it. */
function describeObject(action: Effect, name: string, operation: Omit<Target, 'action'>): Target {
  const [, backend] = operation.entities
  const backendName = backend?.uid.id ?? ''
  const holders = operation.entities.map((one) => one.uid)
  const objects = prefixes(name).map((part, index, all) => ({
    uid: refer('Object', `${backendName}/${part}`),
    attrs: { name: part },
    parents: [
      ...holders,
      ...all.slice(index + 1, index + 2).map((parent) => refer('Object', `${backendName}/${parent}`)),
    ],
  }))
  return {
    action,
    resource: refer('Object', `${backendName}/${name}`),
    entities: [...objects, ...operation.entities],
  }
}

/** `a.b.c` → `a.b.c`, `a.b`, `a`. */
function prefixes(name: string): readonly string[] {
  const parts = name.split('.')
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('.'))
}
