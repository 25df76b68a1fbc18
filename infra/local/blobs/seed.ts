import { once } from 'node:events'
import { request } from 'node:https'

/** A blob that the stack begins with. */
interface SeedBlob {
  readonly name: string
  readonly type: string
  readonly content: string | Buffer
  /** Index tags, as a query string. */
  readonly tags?: string
  readonly metadata?: Readonly<Record<string, string>>
}

const regions = {
  emea: ['Berlin', 'Madrid', 'Milano', 'Zürich'],
  us: ['Austin', 'Boston', 'Denver', 'Seattle'],
} as const
type Region = keyof typeof regions

/** Deterministic sales by city and month; fictional. */
function salesCsv(region: Region, quarter: number): string {
  const months = [1, 2, 3].map((month) => `2026-${String((quarter - 1) * 3 + month).padStart(2, '0')}`)
  const lines = regions[region].flatMap((city, at) =>
    months.map((month, step) => {
      const orders = 40 + ((at * 37 + step * 17 + quarter * 11) % 90)
      return `${month},${city},${orders},${(orders * 214.5).toFixed(2)}`
    }),
  )
  return ['month,city,orders,total_eur', ...lines, ''].join('\n')
}

function summaryJson(region: Region): string {
  return JSON.stringify({ region: region.toUpperCase(), year: 2026, cities: regions[region], currency: 'EUR' }, null, 2)
}

/** The smallest PNG there is: one grey pixel. */
const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGM4AwAAzwDOtPHpSgAAAABJRU5ErkJggg==',
  'base64',
)

const csv = 'text/csv; charset=utf-8'
const reportsOf = (region: Region): readonly SeedBlob[] => [
  ...[1, 2].map((quarter) => ({
    name: `${region}/2026/q${quarter}-sales.csv`,
    type: csv,
    content: salesCsv(region, quarter),
    tags: `kind=sales&region=${region}&quarter=Q${quarter}`,
    metadata: { owner: `sales-${region}` },
  })),
  { name: `${region}/summary.json`, type: 'application/json', content: summaryJson(region), tags: 'kind=summary' },
  { name: `${region}/logo.png`, type: 'image/png', content: pixel },
]
const visit = 'Besuch in Zürich: drei Anlagen besichtigt, Angebot bis Monatsende. 要確認: 納期。\n'

/** Salaries as HR would keep them: nobody's, but of the kind that may not get out. */
const salaries = (names: readonly string[]) =>
  ['name,department,salary_eur', ...names.map((name, at) => `${name},Sales,${58_000 + at * 3_250}`), ''].join('\n')

const containers: Readonly<Record<string, readonly SeedBlob[]>> = {
  reports: [
    ...reportsOf('emea'),
    { name: 'emea/notes/Besuch Zürich.txt', type: 'text/plain; charset=utf-8', content: visit },
    ...reportsOf('us'),
  ],
  people: [
    { name: 'emea/salaries.csv', type: csv, content: salaries(['Alice Adler', 'Jonas Jung']) },
    { name: 'us/salaries.csv', type: csv, content: salaries(['Bob Brandt', 'Kim Kelly']) },
  ],
  finance: [{ name: 'budget-2027.csv', type: csv, content: 'cost_centre,budget_eur\n4100,1250000\n4200,830000\n' }],
}

/** Where to put the blobs, with a token that Azurite takes. */
export interface Account {
  readonly url: string
  readonly ca: string
  readonly token: string
}

/** Fills an account with its first blobs; a container that is there already keeps what it has. */
export async function seedBlobs(account: Account): Promise<void> {
  for (const [container, blobs] of Object.entries(containers)) {
    const made = await put(account, `${container}?restype=container`, {})
    if (made === 409) continue
    for (const { name, type, content, tags, metadata = {} } of blobs) {
      const own = Object.entries(metadata).map(([key, value]) => [`x-ms-meta-${key}`, value])
      const headers = {
        'x-ms-blob-type': 'BlockBlob',
        'content-type': type,
        ...(tags === undefined ? {} : { 'x-ms-tags': tags }),
      }
      await put(account, `${container}/${encodeURI(name)}`, {
        headers: { ...headers, ...Object.fromEntries(own) },
        body: content,
      })
    }
  }
}

async function put(
  { url, ca, token }: Account,
  path: string,
  { headers = {}, body = '' }: { headers?: Readonly<Record<string, string>>; body?: string | Buffer },
): Promise<number> {
  const own = {
    authorization: `Bearer ${token}`,
    'x-ms-version': '2024-11-04',
    'content-length': Buffer.byteLength(body),
  }
  const sent = request(`${url}/${path}`, { method: 'PUT', ca, headers: { ...headers, ...own } })
  sent.end(body)
  const [answer] = (await once(sent, 'response')) as [import('node:http').IncomingMessage]
  answer.resume()
  const status = answer.statusCode ?? 0
  if (status !== 201 && status !== 409) throw new Error(`seeding ${path} was answered ${status}`)
  return status
}
