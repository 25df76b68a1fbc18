// The peer: the gateway that people write today, as a plain async function, so that it pays for no framework at all (behind
// Express it is slower): jose checks the token, one shared MSAL client exchanges it, one row goes into an HMAC chain in one
// transaction of its own, the API is called, its answer passed on. No policy, no masks, no second row, no proof of identity.
import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { TableClient } from '@azure/data-tables'
import { importJWK, jwtVerify } from 'jose'
import { ids, jwkOf, keys } from '../support/tokens.ts'
import type { BenchPerson } from './people.ts'
import { type SharedClient, takeCached } from './shared-msal.ts'
import { ordersUrl } from './world-fetch.ts'

export interface ReferenceGateway {
  readonly call: (person: BenchPerson) => Promise<string>
}

export interface ReferenceOptions {
  readonly connectionString: string
  readonly table: string
  readonly client: SharedClient
}

export async function createReferenceGateway(options: ReferenceOptions): Promise<ReferenceGateway> {
  const key = await importJWK({ kty: 'RSA', ...jwkOf(keys.current.publicKey) }, 'RS256')
  const record = await openChain(options)
  const rules = {
    algorithms: ['RS256'],
    audience: ids.api,
    issuer: `https://login.microsoftonline.com/${ids.home}/v2.0`,
  }
  return {
    call: async (person) => {
      const { payload } = await jwtVerify(person.token, key, rules)
      if (!String(payload.scp).split(' ').includes('access_as_user')) throw new Error('403')
      const token = await takeCached(options.client, person)
      await record({ tid: payload.tid, oid: payload.oid, azp: payload.azp, backend: 'orders', operation: 'listOrders' })
      const headers = { authorization: `Bearer ${token}`, accept: 'application/json' }
      const response = await fetch(`${ordersUrl}orders?limit=25`, { headers })
      if (response.status !== 200) throw new Error(String(response.status))
      return JSON.stringify({ data: await response.json() })
    },
  }
}

/** One chain; each row waits for the one before, since it bears its MAC and the head's ETag. */
async function openChain({ connectionString, table }: ReferenceOptions) {
  const rows = TableClient.fromConnectionString(connectionString, table, { allowInsecureConnection: true })
  await rows.createTable()
  const secret = randomBytes(32)
  const place = { partitionKey: 'chain' }
  const created = await rows.createEntity({ ...place, rowKey: '!head', seq: 0, mac: '' })
  let head = { etag: created.etag ?? '*', seq: 0, mac: '' }
  let last: Promise<void> = Promise.resolve()

  async function append(facts: object): Promise<void> {
    const seq = head.seq + 1
    const content = JSON.stringify({ ...facts, seq, id: randomUUID(), time: new Date().toISOString() })
    const mac = createHmac('sha256', secret).update(head.mac).update(content).digest('hex')
    const { subResponses } = await rows.submitTransaction([
      ['update', { ...place, rowKey: '!head', seq, mac }, 'Replace', { etag: head.etag }],
      ['create', { ...place, rowKey: String(seq).padStart(16, '0'), content, mac, prev: head.mac }],
    ])
    head = { etag: subResponses[0]?.etag ?? '*', seq, mac }
  }

  return (facts: object): Promise<void> => {
    last = last.then(() => append(facts))
    return last
  }
}
