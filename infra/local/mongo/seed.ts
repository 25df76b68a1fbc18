/** The one database of the cluster. */
export const mongoDatabase = 'sales'

type Row = Readonly<Record<string, unknown>> & { readonly _id: string }

const cities = { EMEA: ['Berlin', 'Madrid', 'Milano', 'Wien'], US: ['Austin', 'Boston', 'Denver', 'Seattle'] } as const

/** Deterministic and fictional. */
function ordersOf(region: 'EMEA' | 'US'): readonly Row[] {
  return Array.from({ length: 40 }, (_none, at) => ({
    _id: `${region.toLowerCase()}-${String(at + 1).padStart(3, '0')}`,
    region,
    city: cities[region][at % 4],
    total: 100 + ((at * 67) % 300),
    email: `buyer${at + 1}@${region.toLowerCase()}.example`,
    customer: { name: `Customer ${at + 1}`, email: `buyer${at + 1}@${region.toLowerCase()}.example` },
  }))
}

export const seedCollections: Readonly<Record<string, readonly Row[]>> = {
  orders_emea: ordersOf('EMEA'),
  orders_us: ordersOf('US'),
  visits: [{ _id: 'v-1', place: 'Zürich', note: 'Three sites seen.' }],
  staff: [
    { _id: 's-1', name: 'Alice Adler', salary_eur: 61_250 },
    { _id: 's-2', name: 'Bob Brandt', salary_eur: 58_000 },
  ],
}
