import { rm } from 'node:fs/promises'
import { request } from 'node:https'
import { Agent, fetch as undiciFetch } from 'undici'
import { databricksAudience } from '../../infra/local/databricks/access-token.ts'
import { type DatabricksWorkspace, startDatabricks } from '../../infra/local/databricks/workspace.ts'
import { type Entra, startEntra } from '../../infra/local/entra/stand-in.ts'
import { type PersonaName, tenants } from '../../infra/local/personas.ts'
import { type Database, startDatabase } from '../../infra/local/postgres/database.ts'
import { databasePeople } from '../../infra/local/postgres/roles.ts'
import { makeRunFolder } from '../../infra/local/stack/scratch.ts'
import { makeCertificates } from '../../infra/local/tls/certificates.ts'

type Loose = Readonly<Record<string, unknown>>

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  // biome-ignore lint/suspicious/noExplicitAny: bodies are read by the tests as they come
  readonly body: any
}

export interface Ask {
  readonly method?: string
  readonly path: string
  readonly token?: string
  readonly body?: unknown
}

/** A workspace over a real PostgreSQL and a sign-in service, with the means to ask it as anybody. */
export interface DatabricksWorld {
  readonly entra: Entra
  readonly database: Database
  readonly workspace: DatabricksWorkspace
  readonly fetch: typeof fetch
  readonly tokenOf: (persona: PersonaName, overrides?: Loose) => string
  readonly ask: (ask: Ask) => Promise<Reply>
  readonly as: (persona: PersonaName, ask: Omit<Ask, 'token'>) => Promise<Reply>
  readonly plant: (fault: Loose) => Promise<number>
  readonly clear: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** Starts it; chunks are of 50 rows. */
export async function openDatabricks(): Promise<DatabricksWorld> {
  const run = makeRunFolder()
  const [certificates, entra, database] = await Promise.all([
    makeCertificates(['127.0.0.1']),
    startEntra(),
    startDatabase({ run, people: databasePeople }),
  ])
  const place = { sockets: database.sockets, database: database.database }
  const rules = { entra: entra.url, tenant: tenants.home, certificate: certificates, place }
  const workspace = await startDatabricks({ ...rules, rowsPerChunk: 50 })
  const agent = new Agent({ connect: { ca: certificates.ca } })
  const fetchIt = ((url: string, init: object) => undiciFetch(url, { ...init, dispatcher: agent })) as unknown
  const ask = makeAsk(workspace.url, certificates.ca)
  const tokenOf: DatabricksWorld['tokenOf'] = (persona, overrides = {}) =>
    entra.mint(persona, { version: 1, aud: databricksAudience, scope: 'user_impersonation', ...overrides }).token
  return {
    entra,
    database,
    workspace,
    fetch: fetchIt as typeof fetch,
    tokenOf,
    ask,
    as: (persona, rest) => ask({ ...rest, token: tokenOf(persona) }),
    plant: async (fault) => (await ask({ method: 'POST', path: '/dev/fault', body: fault })).status,
    clear: async () => void (await ask({ method: 'DELETE', path: '/dev/fault' })),
    stop: async () => {
      await agent.close()
      await workspace.stop()
      await database.stop()
      await entra.stop()
      await rm(run, { recursive: true, force: true })
    },
  }
}

function makeAsk(url: string, ca: string): DatabricksWorld['ask'] {
  return ({ method = 'GET', path, token, body }) =>
    new Promise((resolve, reject) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
      const sent = request(new URL(path, url), { method, ca, headers, timeout: 3000 }, async (response) => {
        let text = ''
        for await (const chunk of response) text += chunk
        const json =
          response.headers['content-type'] === 'application/json' && text.startsWith('{"') && text.endsWith('}')
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: json ? JSON.parse(text) : text })
      })
      sent.on('timeout', () => sent.destroy(new Error('timeout')))
      sent.on('error', reject)
      sent.end(body === undefined ? undefined : JSON.stringify(body))
    })
}
