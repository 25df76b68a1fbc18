import { CosmosClient } from '@azure/cosmos'
import type { PartitionRule } from '../backend/configuration.ts'
import { Problem } from '../errors/problem.ts'
import { joinSignals } from '../errors/signals.ts'
import type { Executor, UpstreamAnswer, UpstreamCall } from '../pipeline/ports.ts'
import { actions, type Visit } from './cosmos-actions.ts'
import { partitionOf, templateOf, textOf } from './cosmos-inputs.ts'
import { openWire, type Wire, type WireOptions } from './cosmos-wire.ts'
import { failWith, fateOfLostAnswer, noteIdentity } from './failure.ts'
import { assertOwnToken, type ProofMemory, proveIdentity } from './rest-identity.ts'
import { problemOfStatus } from './rest-status.ts'

/** Where a deployment has an account: a base URL that `checkBaseUrl` allows, and whose partitions its containers have. */
export interface CosmosSettings {
  readonly baseUrl: string
  readonly database: string
  readonly partitions?: Readonly<Record<string, PartitionRule>>
}

/** What the executor needs from outside. `cursorKey` gives the secret under which cursors are sealed. */
export interface CosmosOptions extends WireOptions {
  readonly settingsFor: (backend: string) => CosmosSettings
  readonly cursorKey: () => Promise<Uint8Array>
  /** Longest time for one call, at most 200,000 ms; default 200,000. */
  readonly deadlineMs?: number
  /** Largest answer, all pages together; default 4 MiB. */
  readonly maxBytes?: number
}

const longestMs = 200_000
const defaultMaxBytes = 4 * 1024 * 1024

/**
 * Calls Cosmos DB for NoSQL as the person: a client a call, which knows no token but the exchanged one, over one host in
 * gateway mode, without endpoint discovery and without trying again. A client costs no connection of its own, and one
 * read of the container's key where the SDK needs it. The service does not say whom it sees: the proof is the token.
 */
export function createCosmosExecutor(options: CosmosOptions): Executor {
  const memory: ProofMemory = { proofs: new WeakMap(), now: options.clock }
  return { call: (call) => visitAccount(call, options, memory), close: async () => undefined }
}

async function visitAccount(call: UpstreamCall, options: CosmosOptions, memory: ProofMemory): Promise<UpstreamAnswer> {
  assertOwnToken(call)
  const { action } = templateOf(call)
  const settings = options.settingsFor(call.invocation.backend.name)
  const rule = settings.partitions?.[textOf(call, 'container')]
  const key = action === 'list-containers' || action === 'read-container' ? null : partitionOf(call, rule)
  const identity = await proveIdentity(call, async () => null, memory)
  const signal = joinSignals([call.signal, AbortSignal.timeout(Math.min(options.deadlineMs ?? longestMs, longestMs))])
  const origin = new URL(settings.baseUrl).origin
  const maxBytes = options.maxBytes ?? defaultMaxBytes
  const wire = openWire({ ...options, call, origin, signal, maxBytes, forced: rule === undefined ? null : key })
  const cursorKey = await options.cursorKey()
  const client = openClient(call, settings, wire)
  try {
    const database = client.database(settings.database)
    const visit: Visit = { call, database, key, ruled: rule !== undefined, signal, cursorKey }
    const brought = await actions[action](visit)
    if (wire.failure() !== undefined) throw wire.failure()
    return { ...brought, bytes: wire.bytes(), backendIds: wire.ids(), identity }
  } catch (error) {
    throw noteIdentity(wire.failure() ?? toProblem(error, { call, wire, now: options.clock() }), identity)
  } finally {
    client.dispose()
  }
}

/** Gateway mode over the one address; whatever the account says of other addresses is not listened to. */
function openClient({ token }: UpstreamCall, { baseUrl }: CosmosSettings, wire: Wire): CosmosClient {
  return new CosmosClient({
    endpoint: baseUrl,
    aadCredentials: { getToken: async () => ({ token: token.value, expiresOnTimestamp: token.expiresAt }) },
    httpClient: wire,
    connectionPolicy: {
      enableEndpointDiscovery: false,
      enableBackgroundEndpointRefreshing: false,
      requestTimeout: longestMs,
      retryOptions: { maxRetryAttemptCount: 0, fixedRetryIntervalInMilliseconds: 0, maxWaitTimeInSeconds: 0 },
    },
  })
}

interface Ended {
  readonly call: UpstreamCall
  readonly wire: Wire
  /** Epoch milliseconds. */
  readonly now: number
}

/** What the SDK threw: a status that it was shown, or something that it could not do. */
function toProblem(error: unknown, { call, wire, now }: Ended): unknown {
  const { effect } = call.understood
  const facts = { backendIds: wire.ids() }
  const { code } = (typeof error === 'object' && error !== null ? error : {}) as { readonly code?: unknown }
  if (error instanceof Problem) return error
  if (typeof code === 'number' && code >= 400 && code < 500)
    return problemOfStatus({ status: code, retryAfter: null, claims: undefined, effect, now, facts })
  const fate = wire.ids().status === undefined ? 'not_called' : fateOfLostAnswer(effect)
  return failWith({ code: 'backend_failed', fate, why: 'sdk', facts })
}
