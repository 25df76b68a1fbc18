// The peer of the exchange: one ConfidentialClientApplication of the real @azure/msal-node for everybody, as its samples
// show it. Filling it one exchange at a time takes minutes at 10,000 people, since each save scans what is there; so one
// exchange is made, and what MSAL then holds for that person is written out and read back for all.
import { createHash } from 'node:crypto'
import { ConfidentialClientApplication, type INetworkModule, type NetworkRequestOptions } from '@azure/msal-node'
import { encode, ids } from '../support/tokens.ts'
import { type BenchPerson, scope } from './people.ts'

const issuer = `https://login.microsoftonline.com/${ids.home}/v2.0`

export type SharedClient = Pick<ConfidentialClientApplication, 'acquireTokenOnBehalfOf'>

/** A shared client whose cache holds a token of each of these people. */
export async function createSharedClient(
  people: readonly BenchPerson[],
  fetchWorld: typeof fetch,
): Promise<SharedClient> {
  const [first] = people
  if (first === undefined) throw new Error('somebody has to be signed in')
  const template = createClient(fetchWorld)
  await template.acquireTokenOnBehalfOf({ oboAssertion: first.token, scopes: [scope] })
  const client = createClient(fetchWorld)
  client.getTokenCache().deserialize(writeCache(template.getTokenCache().serialize(), first, people))
  for (const person of [first, people.at(-1) ?? first]) await takeCached(client, person)
  return client
}

/** A token from the cache; throws where MSAL went to the token service for it. */
export async function takeCached(client: SharedClient, person: BenchPerson): Promise<string> {
  const result = await client.acquireTokenOnBehalfOf({ oboAssertion: person.token, scopes: [scope] })
  if (result?.fromCache !== true) throw new Error('the shared client did not find a token that it holds')
  return result.accessToken
}

function createClient(fetchWorld: typeof fetch): ConfidentialClientApplication {
  const send = async (method: string, url: string, options?: NetworkRequestOptions) => {
    const { headers = {}, body } = options ?? {}
    const response = await fetchWorld(url, { method, headers, ...(body === undefined ? {} : { body }) })
    return { headers: Object.fromEntries(response.headers), status: response.status, body: await response.json() }
  }
  const networkClient: INetworkModule = {
    sendGetRequestAsync: (url, options) => send('GET', url, options),
    sendPostRequestAsync: (url, options) => send('POST', url, options),
  }
  const authority = `https://login.microsoftonline.com/${ids.home}`
  return new ConfidentialClientApplication({
    auth: { clientId: ids.api, authority, clientSecret: 'of-the-bench' },
    system: { networkClient },
  })
}

type Cache = Record<string, Record<string, unknown>>

/** The cache of one person, once for each. */
function writeCache(template: string, owner: BenchPerson, people: readonly BenchPerson[]): string {
  const all: Cache = {}
  for (const person of people) {
    const one = JSON.parse(rename(template, owner, person)) as Cache
    for (const [kind, entries] of Object.entries(one)) all[kind] = Object.assign(all[kind] ?? {}, entries)
  }
  return JSON.stringify(all)
}

/** Everything that MSAL derives from a person: the id, where it stands in encoded JSON, and the assertion's digest. */
function rename(text: string, from: BenchPerson, to: BenchPerson): string {
  const marks = (person: BenchPerson) => [
    person.oid,
    encode({ uid: person.oid, utid: ids.home }),
    encode({ iss: issuer, tid: ids.home, oid: person.oid, sub: `sub-${person.oid}`, ver: '2.0' }),
    createHash('sha256').update(person.token).digest('base64url'),
  ]
  const [before, after] = [marks(from), marks(to)]
  return before.reduce((renamed, mark, index) => renamed.replaceAll(mark, after[index] ?? ''), text)
}
