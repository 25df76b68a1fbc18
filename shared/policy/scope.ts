import type { EntityRef, PolicyJson, Question, ScopeJson } from './language.ts'

/** What has to hold before a policy can matter; a part that is left out holds always. */
export interface Scope {
  /** Actions that it speaks of. */
  readonly actions?: ReadonlySet<string>
  /** Type that the principal has to be of. */
  readonly principal?: string
  /** Of each list one name has to be the resource, something that it is inside of, or the operation. */
  readonly places: readonly ReadonlySet<string>[]
}

/** An action with the groups that it is inside of, by action; as the schema says. */
export type ActionGroups = ReadonlyMap<string, readonly string[]>

type Node = Readonly<Record<string, unknown>>

/**
 * The scope of a policy, from its head and from those parts of its first conditions that come before anything which
 * could fail. Outside of it the language finds the policy not to apply, and finds no error either: leaving it out there
 * changes no answer. What is not understood here narrows nothing.
 */
export function readScope(policy: PolicyJson, groups: ActionGroups): Scope {
  const actions = readActions(policy.action, groups)
  const { op, entity_type: type } = policy.principal
  const head = readHead(policy.resource)
  return {
    ...(actions === undefined ? {} : { actions }),
    ...(op === 'is' && type !== undefined ? { principal: type } : {}),
    places: [...(head === undefined ? [] : [head]), ...readConditions(policy.conditions)],
  }
}

/** What a question is about, as far as scopes look at it. */
export interface Aim {
  readonly action: string
  readonly principal: string
  readonly places: ReadonlySet<string>
}

export function readAim({ principal, action, entities, context }: Question): Aim {
  const own = nameOf(principal)
  const places = new Set(entities.map(({ uid }) => nameOf(uid)))
  places.delete(own)
  const operation = refOf(context.operation)
  if (operation !== undefined) places.add(nameOf(operation))
  return { action: action.id, principal: principal.type, places }
}

export function isWithin({ actions, principal, places }: Scope, aim: Aim): boolean {
  if (actions !== undefined && !actions.has(aim.action)) return false
  if (principal !== undefined && principal !== aim.principal) return false
  return places.every((names) => [...names].some((name) => aim.places.has(name)))
}

function nameOf({ type, id }: EntityRef): string {
  return JSON.stringify([type, id])
}

function readActions({ op, entity, entities }: ScopeJson, groups: ActionGroups): ReadonlySet<string> | undefined {
  const named = [entity, ...(entities ?? [])].flatMap((one) => plainRef(one)?.id ?? [])
  if (op === 'All' || named.length === 0) return undefined
  if (op === '==') return new Set(named)
  const within = (action: string) => named.includes(action) || groups.get(action)?.some((one) => named.includes(one))
  return new Set([...groups.keys()].filter(within))
}

function readHead({ op, entity, in: inside }: ScopeJson): ReadonlySet<string> | undefined {
  const named = plainRef(op === 'is' ? inside?.entity : entity)
  return named === undefined ? undefined : new Set([nameOf(named)])
}

/** The language has two ways to write a name. */
function plainRef(ref: unknown): EntityRef | undefined {
  const { type, id } = (refOf(ref) ?? ref ?? {}) as Partial<EntityRef>
  return typeof type === 'string' && typeof id === 'string' ? { type, id } : undefined
}

/** Conditions hold in their order; what comes after something that could fail says nothing. */
function readConditions(conditions: PolicyJson['conditions']): readonly ReadonlySet<string>[] {
  const parts = conditions.flatMap(({ kind, body }) =>
    kind === 'when'
      ? conjuncts(body).map((part) => ({ part, places: readPlaces(part) }))
      : [{ part: body, places: undefined }],
  )
  const end = parts.findIndex(({ part }) => !cannotFail(part))
  return parts.slice(0, end < 0 ? parts.length : end).flatMap(({ places }) => places ?? [])
}

/** In the order in which they are looked at: the language stops at the first that does not hold. */
function conjuncts(body: unknown): readonly unknown[] {
  const both = sidesOf(body, '&&')
  return both === undefined ? [body] : [...conjuncts(both.left), ...conjuncts(both.right)]
}

/** Names of which one has to be near, where that is what a condition says. */
function readPlaces(part: unknown): ReadonlySet<string> | undefined {
  const either = sidesOf(part, '||')
  if (either !== undefined) {
    const [left, right] = [readPlaces(either.left), readPlaces(either.right)]
    return left === undefined || right === undefined ? undefined : new Set([...left, ...right])
  }
  const sides = sidesOf(part, '==') ?? sidesOf(part, 'in')
  if (sides === undefined || !isPlace(sides.left)) return undefined
  const listed = (sides.right as Node).Set
  const refs = (Array.isArray(listed) ? listed : [sides.right]).map((one) => refOf((one as Node).Value))
  return refs.length > 0 && refs.every((ref) => ref !== undefined) ? new Set(refs.map(nameOf)) : undefined
}

/** `resource`, or `context.operation`. */
function isPlace(node: unknown): boolean {
  const { Var: name, '.': member } = node as { readonly Var?: string; readonly '.'?: Node }
  if (name === 'resource') return true
  return member?.attr === 'operation' && (member.left as Node).Var === 'context'
}

function refOf(value: unknown): EntityRef | undefined {
  return (value as { readonly __entity?: EntityRef } | undefined)?.__entity
}

function sidesOf(node: unknown, operator: string): { readonly left: unknown; readonly right: unknown } | undefined {
  return (node as Record<string, { left: unknown; right: unknown }>)[operator]
}

const harmless = new Set(['!', '&&', '||', '==', '!=', 'in', '<', '<=', '>', '>=', 'like', 'is'])
const harmlessCalls = new Set(['contains', 'containsAll', 'containsAny', 'isEmpty'])

/** Comparisons of what is always there: a set that its schema validates has no way to fail in them. */
function cannotFail(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false
  const [[name, body] = ['', undefined], second] = Object.entries(node)
  if (second !== undefined) return false
  if (name === 'Var' || name === 'Value') return true
  if (name === 'Set') return (body as unknown[]).every(cannotFail)
  if (name === '.') return (body as { readonly left: Node }).left.Var !== undefined
  if (!harmless.has(name) && !harmlessCalls.has(name)) return false
  const { left, right, arg, pattern: _pattern, entity_type: _type, ...rest } = body as Node
  return Object.keys(rest).length === 0 && [left, right, arg].every((one) => one === undefined || cannotFail(one))
}
