import { startEntra } from '../../infra/local/entra/stand-in.ts'
import { startCluster } from '../../infra/local/mongo/cluster.ts'
import { type PersonaName, personas, tenants } from '../../infra/local/personas.ts'
import { postgresAudience } from '../../infra/local/postgres/front.ts'
import { makeCertificates } from '../../infra/local/tls/certificates.ts'
import { createMongoExecutor, type MongoLimits, type MongoSettings } from '../../shared/upstream/mongo.ts'
import { makeToken } from '../unit/upstream/calls.ts'
import { type Changes, callOf, type Inputs, personOf } from './documents-world.ts'
import { loadFunctions } from './line-declarations.ts'

/** The cluster with its sign-in service, and the executor at it. */
export async function startMongoWorld() {
  const certificates = await makeCertificates(['127.0.0.1'])
  const entra = await startEntra()
  const verifyToken = (token: string) => entra.verifyAccessToken(token, { audience: postgresAudience })
  const cluster = await startCluster({ certificate: certificates, tenant: tenants.home, verifyToken })
  const backend = (await loadFunctions()).find(({ name }) => name === 'cosmosdb-mongodb')!
  const closing: (() => Promise<void>)[] = []
  const makeExecutor = (settings: Partial<MongoSettings> = {}, limits: MongoLimits = {}) => {
    const place = { host: '127.0.0.1', port: cluster.port, database: 'sales', ca: certificates.ca, ...settings }
    const executor = createMongoExecutor({ settingsFor: () => place, clock: Date.now, limits })
    closing.push(executor.close)
    return executor
  }
  const tokenOf = (who: PersonaName, overrides: object = {}) => {
    const given = { version: 1 as const, aud: postgresAudience, scope: 'user_impersonation', ...overrides }
    return makeToken(entra.mint(who, given).token, personas[who])
  }
  const tokens = new Map<PersonaName, ReturnType<typeof tokenOf>>()
  const callAs = async (who: PersonaName, [name, command]: Asked, changes: Changes = {}) => {
    const token = tokens.get(who) ?? tokenOf(who)
    tokens.set(who, token)
    const inputs: Inputs = command === undefined ? {} : { command: JSON.stringify(command) }
    return callOf(backend, [name, inputs], { principal: personOf(who), token, ...changes })
  }
  const executor = makeExecutor()
  return {
    cluster,
    makeExecutor,
    tokenOf,
    callAs,
    ask: async (who: PersonaName, asked: Asked, changes: Changes = {}) =>
      executor.call(await callAs(who, asked, changes)),
    stop: async () => {
      for (const close of closing) await close()
      await cluster.stop()
      await entra.stop()
    },
  }
}

/** Name of the operation, and its command. */
export type Asked = readonly [operation: string, command?: object]
export type MongoWorld = Awaited<ReturnType<typeof startMongoWorld>>
