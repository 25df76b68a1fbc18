/** Calls to both backends. Whatever comes back has to be the caller's own. */
import type { Answer } from './client.ts'
import { expectCode, type Field, get, markOf, nextNumber, type Planned, post, signedIn } from './field.ts'
import { alice, bob, carol, everyone, heidi, type Identity, mallory, twin } from './people.ts'
import type { Chance } from './random.ts'

export type Plan = (field: Field, chance: Chance) => Planned

const governed = { governed: true } as const
const customer = { name: 'Kim Koch', email: 'kim@customer.example', phone: '1' }
const line = { sku: 'SKU-1', description: 'Pump S', quantity: 1, price: 1 }
const members: readonly Identity[] = [alice, bob, carol, heidi]

const whoami: Plan = (field, chance) => {
  const identity = chance.pick(everyone)
  const credential = signedIn(field, chance, { identity })
  const call = post('/api/rest-entra-api/whoami', credential, {})
  const check = (answer: Answer) => expectCode(answer, '200') ?? isSelf(answer.body.data, identity)
  return { op: 'whoami', identity, credential, call, ...governed, check }
}

function isSelf(data: { oid?: string; tid?: string }, { oid, tid }: Identity): string | undefined {
  return data?.oid === oid && data.tid === tid ? undefined : `the API saw ${data?.tid}/${data?.oid}`
}

const listOrders: Plan = (field, chance) => {
  const identity = chance.pick(everyone)
  const credential = signedIn(field, chance, { identity })
  const call = post('/api/rest-entra-api/listOrders', credential, { limit: 1 + chance.below(20) })
  const check = (answer: Answer) => {
    if (identity === carol || identity === heidi) return expectCode(answer, '403 policy_denied')
    const orders = (answer.body?.data?.value ?? []) as readonly { region: string; customer: { email: string } }[]
    if (answer.status !== 200 || (orders.length === 0) !== (identity === mallory)) return expectCode(answer, '200 full')
    const strange = orders.filter((order) => order.region !== identity.region || !order.customer.email.includes('***'))
    return strange.length === 0 ? undefined : `orders of others, or unmasked: ${JSON.stringify(strange[0])}`
  }
  return { op: 'listOrders', identity, credential, call, ...governed, check }
}

const callers: readonly Identity[] = [alice, bob, twin, mallory]

/** An order that somebody made: there for its maker, and for nobody else. */
const getOrder: Plan = (field, chance) => {
  const identity = chance.pick(callers)
  const known = [...field.orders.keys()]
  const id = known.length === 0 ? 'ord-5001' : chance.pick(known)
  const order = field.orders.get(id) ?? { owner: alice, note: 'Call Ana before delivery' }
  const credential = signedIn(field, chance, { identity })
  const call = post('/api/rest-entra-api/getOrder', credential, { order_id: id })
  const check = (answer: Answer) => {
    if (identity !== order.owner) return expectCode(answer, '404 backend_rejected', '403 backend_rejected')
    return expectCode(answer, '200') ?? isNoted(answer, order.note)
  }
  return { op: 'getOrder', identity, credential, call, ...governed, check }
}

function isNoted(answer: Answer, note: string): string | undefined {
  const found = answer.body?.data?.note
  return found === note ? undefined : `the note is ${found} instead of ${note}`
}

/** The same few keys for everybody: a key means nothing but with whose it is. */
const sharedKeys = 12

const createOrder: Plan = (field, chance) => {
  const identity = chance.pick(callers)
  const key = chance.happens(0.6) ? `key-${chance.below(sharedKeys)}` : null
  const note = `${markOf(identity)} ${key ?? nextNumber(field)}`
  const credential = signedIn(field, chance, { identity })
  const body = { region: identity.region ?? 'EMEA', customer, lines: [line], note }
  const plain = post('/api/rest-entra-api/createOrder', credential, body)
  const call = key === null ? plain : { ...plain, headers: { ...plain.headers, 'idempotency-key': key } }
  const check = (answer: Answer) => {
    if (!identity.edits) return expectCode(answer, '403 backend_rejected')
    return expectCode(answer, '200') ?? isNoted(answer, note) ?? rememberOrder(field, answer, { identity, note, key })
  }
  return { op: 'createOrder', identity, credential, call, ...governed, check }
}

interface Made {
  readonly identity: Identity
  readonly note: string
  readonly key: string | null
}

function rememberOrder(field: Field, answer: Answer, { identity, note, key }: Made): string | undefined {
  const id = String(answer.body.data.order_id)
  const before = field.orders.get(id)
  field.orders.set(id, { owner: identity, note })
  if (before !== undefined && (before.owner !== identity || key === null))
    return `order ${id} is ${before.owner.name}'s`
  if (key === null) return undefined
  const first = field.keyed.get(`${identity.name}|${key}`) ?? id
  field.keyed.set(`${identity.name}|${key}`, first)
  return first === id ? undefined : `a second order ${id} under the key of ${first}`
}

const updateOrder: Plan = (field, chance) => {
  const identity = chance.pick(callers)
  const own = [...field.orders].filter(([, order]) => order.owner === identity)
  const [id, order] = own.length === 0 ? ['ord-0', undefined] : chance.pick(own)
  const credential = signedIn(field, chance, { identity })
  const body = { order_id: id, status: chance.pick(['open', 'paid']) }
  const call = post('/api/rest-entra-api/updateOrder', credential, body)
  const check = (answer: Answer) =>
    order === undefined
      ? expectCode(answer, '404 backend_rejected', '403 backend_rejected')
      : (expectCode(answer, '200') ?? isNoted(answer, order.note))
  return { op: 'updateOrder', identity, credential, call, ...governed, check }
}

const path = '/api/azure-postgresql/executeQuery'
/** The database is of the home tenant: it refuses the other's tokens, whatever name they give. */
const foreign = ['502 backend_rejected_token']

const rowsOf = ({ body }: Answer): readonly (readonly unknown[])[] => body?.data?.rows ?? []

const askWho: Plan = (field, chance) => {
  const identity = chance.pick(chance.happens(0.8) ? members : [twin, mallory])
  const credential = signedIn(field, chance, { identity })
  const call = post(path, credential, { sql: 'SELECT session_user, current_user' })
  const check = (answer: Answer) => {
    if (!identity.home) return expectCode(answer, ...foreign)
    const [row = []] = rowsOf(answer)
    const isOwn = row.length === 2 && row.every((name) => name === identity.username)
    return expectCode(answer, '200') ?? (isOwn ? undefined : `the database saw ${row.join()}`)
  }
  return { op: 'askWho', identity, credential, call, ...governed, check }
}

const statements = [
  'SELECT region, count(*) AS n FROM sales.orders GROUP BY region',
  'SELECT region, email FROM sales.customers LIMIT 40',
  'SELECT region, id FROM sales.orders ORDER BY id DESC LIMIT 200',
] as const

const readRegion: Plan = (field, chance) => {
  const identity = chance.pick(chance.happens(0.85) ? [alice, bob] : [twin, mallory])
  const as = identity.home && chance.happens(0.1) ? 'overage' : 'plain'
  const credential = signedIn(field, chance, { identity, as })
  const call = post(path, credential, { sql: chance.pick(statements) })
  const check = (answer: Answer) => {
    if (!identity.home) return expectCode(answer, ...foreign)
    const rows = rowsOf(answer)
    const strange = rows.find(([region, email]) => region !== identity.region || /^[^*]+@/.test(String(email)))
    return (
      expectCode(answer, '200') ?? (rows.length > 0 && !strange ? undefined : `rows of others: ${strange ?? 'none'}`)
    )
  }
  return { op: 'readRegion', identity, credential, call, ...governed, check }
}

/** Everybody reads the same table: rows by row-level security, salaries in clear for HR alone. */
const readPeople: Plan = (field, chance) => {
  const identity = chance.pick([alice, bob, heidi])
  const own = { [alice.name]: 1, [bob.name]: 2 }[identity.name]
  const credential = signedIn(field, chance, { identity })
  const call = post(path, credential, { sql: 'SELECT id, manager, salary_eur FROM hr.employees' })
  const check = (answer: Answer) => {
    const rows = rowsOf(answer)
    if (answer.status !== 200 || rows.length < 5) return expectCode(answer, '200 with rows')
    if (own === undefined) return rows.every(([, , salary]) => salary !== null) ? undefined : 'masked for HR'
    const strange = rows.find(([id, manager, salary]) => (id !== own && manager !== own) || salary !== null)
    return strange === undefined ? undefined : `somebody else's row, or a salary in clear: ${strange.join()}`
  }
  return { op: 'readPeople', identity, credential, call, ...governed, check }
}

/** A change of one order: it finds a row where the order is of the caller's region, and none elsewhere. */
const changeOrder: Plan = (field, chance) => {
  const identity = chance.pick([alice, bob])
  const id = 1 + chance.below(field.regions.size)
  const credential = signedIn(field, chance, { identity })
  const inputs = { sql: "UPDATE sales.orders SET status = 'open' WHERE id = $1", params: [id] }
  const call = post('/api/azure-postgresql/executeStatement', credential, inputs)
  const check = (answer: Answer) => {
    const expected = field.regions.get(id) === identity.region ? 1 : 0
    const count = answer.body?.data?.rowCount
    return expectCode(answer, '200') ?? (count === expected ? undefined : `${count} rows instead of ${expected}`)
  }
  return { op: 'changeOrder', identity, credential, call, ...governed, check }
}

const catalogue: Plan = (field, chance) => {
  const identity = chance.pick(everyone)
  const credential = signedIn(field, chance, { identity })
  const call = get('/api/operations', credential)
  const check = (answer: Answer) => {
    const first = field.catalogues.get(identity.name) ?? answer.text
    field.catalogues.set(identity.name, first)
    return expectCode(answer, '200') ?? (first === answer.text ? undefined : "somebody else's catalogue")
  }
  return { op: 'catalogue', identity, credential, call, governed: false, check }
}

const explain: Plan = (field, chance) => {
  const identity = chance.pick(everyone)
  const credential = signedIn(field, chance, { identity })
  const question = { backend: 'azure-postgresql', operation: 'executeQuery', inputs: { sql: statements[0] } }
  const call = post('/api/explain', credential, question)
  const check = (answer: Answer) => {
    const rules = [answer.body?.decision, ...(answer.body?.rules ?? [])].join()
    return expectCode(answer, '200') ?? (rules === expectedRules(identity) ? undefined : `explained as ${rules}`)
  }
  return { op: 'explain', identity, credential, call, governed: false, check }
}

function expectedRules(identity: Identity): string {
  if (!identity.home) return 'permit,demand-row-limit,isolation-second-tenant-database'
  return identity.region === null ? 'deny' : 'permit,demand-row-limit,sales-read-database'
}

export const dataPlans: readonly (readonly [weight: number, plan: Plan])[] = [
  [10, whoami],
  [10, listOrders],
  [6, getOrder],
  [7, createOrder],
  [4, updateOrder],
  [10, askWho],
  [10, readRegion],
  [6, readPeople],
  [6, changeOrder],
  [3, catalogue],
  [3, explain],
]
