import { Agent, fetch as undiciFetch } from 'undici'
import { accountResource } from '../../infra/local/cosmos/access-token.ts'
import { startCosmos } from '../../infra/local/cosmos/account.ts'
import { startEntra } from '../../infra/local/entra/stand-in.ts'
import { groups, type PersonaName, personas, tenants } from '../../infra/local/personas.ts'
import { makeCertificates } from '../../infra/local/tls/certificates.ts'
import { classify } from '../../shared/backend/classify.ts'
import type { Backend } from '../../shared/backend/define.ts'
import { readBackendChallenge } from '../../shared/identity/backend-challenge.ts'
import type { Principal } from '../../shared/identity/principal.ts'
import { mask } from '../../shared/masking/mask.ts'
import type { Json, UpstreamAnswer, UpstreamCall } from '../../shared/pipeline/ports.ts'
import { understandCosmos } from '../../shared/sql/cosmos/understand.ts'
import { understandMongo } from '../../shared/sql/mongo/understand.ts'
import type { Dialect } from '../../shared/sql/statement.ts'
import { type CosmosOptions, type CosmosSettings, createCosmosExecutor } from '../../shared/upstream/cosmos.ts'
import { tokenKey } from '../unit/masking/requests.ts'
import { makeCall, makeToken, principal } from '../unit/upstream/calls.ts'
import { loadFunctions } from './line-declarations.ts'

export type Inputs = Readonly<Record<string, Json>>

/** Another way to call than as is usual. */
export type Changes = Partial<Pick<UpstreamCall, 'principal' | 'token' | 'rowLimit' | 'signal'>>

export function personOf(who: PersonaName): Principal {
  const { tid, oid, username, groups: own } = personas[who]
  return { ...principal, tid, oid, username, groups: own }
}

const containers = ['orders', 'notes', 'staff']
const partitions = {
  orders: { [groups.salesEmea]: 'EMEA', [groups.salesUs]: 'US', [groups.approvers]: 'EMEA' },
  notes: 'oid',
} as const

const understand = async (dialect: Dialect, text: string) =>
  dialect === 'cosmos' ? understandCosmos(text) : understandMongo(text)

/** Makes a call of a declared operation as the line does: inputs parsed, statement judged. */
export async function callOf(
  backend: Backend,
  [name, given]: readonly [operation: string, inputs: Inputs],
  changes: Changes = {},
): Promise<UpstreamCall> {
  const operation = backend.operations[name]!
  const inputs = operation.inputs().parse(given) as Inputs
  const understood = await classify({ backend, operationName: name, operation, inputs }, understand)
  const call = makeCall({ operation, inputs, ...changes })
  return { ...call, understood, invocation: { backend, operationName: name, operation, inputs } }
}

/** What the caller is shown of an answer. */
export function shownOf(call: UpstreamCall, answer: UpstreamAnswer, classification: Readonly<Record<string, string>>) {
  return mask({
    answer,
    invocation: call.invocation,
    understood: call.understood,
    classification,
    clearLabels: [],
    obligations: [],
    tokenKey,
  })
}

/** The account with its sign-in service, and the executor at it. */
export async function startCosmosWorld() {
  const certificates = await makeCertificates(['127.0.0.1'])
  let entraUrl = ''
  const account = await startCosmos({ certificate: certificates, tenant: tenants.home, entra: () => entraUrl })
  const entra = await startEntra({ resources: [accountResource(account.url)] })
  entraUrl = entra.url
  const agent = new Agent({ connect: { ca: certificates.ca } })
  const fetchIt = ((url: string, init: object) => undiciFetch(url, { ...init, dispatcher: agent } as never)) as unknown
  const found = (await loadFunctions()).find(({ name }) => name === 'cosmosdb-nosql')!
  const backend: Backend = { ...found, objects: containers }
  const tokenOf = (who: PersonaName, overrides: object = {}) =>
    makeToken(
      entra.mint(who, { version: 1, aud: account.url, scope: 'user_impersonation', ...overrides }).token,
      personas[who],
    )
  const makeExecutor = ({
    settings = {},
    ...options
  }: Partial<CosmosOptions> & { settings?: Partial<CosmosSettings> }) =>
    createCosmosExecutor({
      fetch: fetchIt as typeof fetch,
      settingsFor: () => ({ baseUrl: account.url, database: 'sales', partitions, ...settings }),
      clock: Date.now,
      parseChallenge: readBackendChallenge,
      cursorKey: async () => new Uint8Array(32),
      ...options,
    })
  const callAs = (who: PersonaName, asked: readonly [string, Inputs], changes: Changes = {}) =>
    callOf(backend, asked, { principal: personOf(who), token: tokenOf(who), ...changes })
  const executor = makeExecutor({})
  return {
    account,
    entra,
    backend,
    makeExecutor,
    tokenOf,
    callAs,
    ask: async (who: PersonaName, asked: readonly [string, Inputs], changes: Changes = {}) =>
      executor.call(await callAs(who, asked, changes)),
    stop: async () => {
      await agent.close()
      await account.stop()
      await entra.stop()
    },
  }
}

export type CosmosWorld = Awaited<ReturnType<typeof startCosmosWorld>>
