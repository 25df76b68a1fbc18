import type { ManagedIdentityCredential, TokenCredential } from '@azure/identity'
import { memoiseAssertion } from './client-assertion.ts'
import { type Cloud, cloudFacts } from './cloud.ts'

/** The user-assigned identity of this deployment. */
export interface ManagedIdentityOptions {
  readonly clientId: string
}

/**
 * The deployment's own credential for its table, vault and blobs, and for the federated client assertion. The library
 * loads at the first token, which keeps the start short.
 */
export function createManagedCredential({ clientId }: ManagedIdentityOptions): TokenCredential {
  let credential: Promise<ManagedIdentityCredential> | null = null

  async function load(): Promise<ManagedIdentityCredential> {
    const { ManagedIdentityCredential } = await import('@azure/identity')
    return new ManagedIdentityCredential({ clientId })
  }

  return {
    getToken: async (scopes, options) => {
      credential ??= load()
      return (await credential).getToken(scopes, options)
    },
  }
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
