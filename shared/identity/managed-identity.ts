import type { ManagedIdentityCredential, TokenCredential } from '@azure/identity'
import { memoiseAssertion } from './client-assertion.ts'
import { type Cloud, cloudFacts } from './cloud.ts'

/** The user-assigned identity of this deployment. */
export interface ManagedIdentityOptions {
  readonly clientId: string
  /** Milliseconds for one token; 5 s unless given. */
  readonly timeout?: number
}

const defaultTimeout = 5000
/** The library's own would wait for seconds, and for as long as a Retry-After says. */
const retryOptions = { maxRetries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 1000 }

/**
 * The deployment's own credential for its table, vault and blobs, and for the federated client assertion. The library
 * loads at the first token, which keeps the start short. It has no limit in time of its own and heeds no abort signal:
 * an endpoint that hangs would hold every call that waits for a row, so a token that takes longer is refused.
 */
export function createManagedCredential(options: ManagedIdentityOptions): TokenCredential {
  const { clientId, timeout = defaultTimeout } = options
  let credential: Promise<ManagedIdentityCredential> | null = null

  async function load(): Promise<ManagedIdentityCredential> {
    const { ManagedIdentityCredential } = await import('./azure-identity.ts')
    return new ManagedIdentityCredential({ clientId, retryOptions })
  }

  return {
    getToken: async (scopes, options) => {
      credential ??= load()
      const loaded = await credential
      return within(timeout, loaded.getToken(scopes, options))
    },
  }
}

function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(new Error('the managed identity did not answer in time'))
    const timer = setTimeout(giveUp, milliseconds)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** Clock in epoch milliseconds. */
export interface ClientAssertionOptions {
  readonly credential: TokenCredential
  readonly cloud: Cloud
  readonly now?: () => number
}

/**
 * The secretless client assertion: a token of the managed identity for the cloud's federation audience
 * (Microsoft: "Configure an application to trust a managed identity"). Throws where the identity gives none.
 */
export function createClientAssertion({
  credential,
  cloud,
  now = Date.now,
}: ClientAssertionOptions): () => Promise<string> {
  const scope = `${cloudFacts(cloud).federationAudience}/.default`
  return memoiseAssertion(async () => {
    const got = await credential.getToken(scope)
    if (!got?.token) throw new Error('the managed identity gave no token')
    return { token: got.token, expiresAt: got.expiresOnTimestamp }
  }, now)
}
