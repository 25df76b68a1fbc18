import { personas } from '../personas.ts'

/** The one database of the account. */
export const cosmosDatabase = 'sales'

/** A container with its first items. */
export interface SeedContainer {
  readonly id: string
  /** Path of the partition key. */
  readonly key: string
  readonly items: readonly (Readonly<Record<string, unknown>> & { readonly id: string })[]
}

const cities = { EMEA: ['Berlin', 'Madrid', 'Milano', 'Wien'], US: ['Austin', 'Boston', 'Denver', 'Seattle'] } as const

/** Deterministic and fictional. */
function ordersOf(region: 'EMEA' | 'US') {
  return Array.from({ length: 12 }, (_none, at) => ({
    id: `${region.toLowerCase()}-${String(at + 1).padStart(3, '0')}`,
    region,
    city: cities[region][at % 4],
    total: 120 + ((at * 97) % 400),
    customer: { name: `Customer ${at + 1} ${region}`, email: `buyer${at + 1}@${region.toLowerCase()}.example` },
    email: `buyer${at + 1}@${region.toLowerCase()}.example`,
  }))
}

export const seedContainers: readonly SeedContainer[] = [
  { id: 'orders', key: '/region', items: [...ordersOf('EMEA'), ...ordersOf('US')] },
  {
    id: 'notes',
    key: '/owner',
    items: [personas.alice, personas.bob].map(({ oid, name }) => ({
      id: `note-${name}`,
      owner: oid,
      text: `What ${name} keeps in mind: call the customer back.`,
    })),
  },
  {
    id: 'staff',
    key: '/department',
    items: [
      { id: 's-1', department: 'Sales', name: 'Alice Adler', salary_eur: 61_250 },
      { id: 's-2', department: 'Sales', name: 'Bob Brandt', salary_eur: 58_000 },
    ],
  },
]
