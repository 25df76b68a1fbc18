import { personas } from '../personas.ts'

export type Right = 'read' | 'write'

/** By object id, as the token names the person: collection → rights. Whoever is not here may do nothing. */
const roles: Readonly<Record<string, Readonly<Record<string, readonly Right[]>>>> = {
  [personas.alice.oid]: { orders_emea: ['read', 'write'], visits: ['read'] },
  [personas.bob.oid]: { orders_us: ['read', 'write'], visits: ['read'] },
  [personas.carol.oid]: { orders_emea: ['read'], orders_us: ['read'] },
  [personas.heidi.oid]: { staff: ['read', 'write'] },
}

export function isKnown(oid: string): boolean {
  return Object.hasOwn(roles, oid)
}

export function mayDo(oid: string, right: Right, collection: string): boolean {
  return isKnown(oid) && (roles[oid]?.[collection]?.includes(right) ?? false)
}

/** Collections that somebody may read. */
export function readable(oid: string): readonly string[] {
  return Object.entries(roles[oid] ?? {}).flatMap(([name, rights]) => (rights.includes('read') ? [name] : []))
}
