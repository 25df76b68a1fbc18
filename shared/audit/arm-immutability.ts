import type { HttpClient } from '@azure/core-rest-pipeline'
import * as z from 'zod'
import type { Immutability } from './nightly.ts'
import type { TokenSource } from './store.ts'

export interface ArmImmutabilityOptions {
  /** Base address of Azure Resource Manager, and the audience of its tokens: `https://management.azure.com`. */
  readonly url: string
  readonly audience: string
  readonly credential: TokenSource
  /** Id of the storage account: `/subscriptions/…/storageAccounts/<name>`. */
  readonly accountId: string
  /** Milliseconds for one question. */
  readonly timeout?: number
  /** How requests are sent; over Node's own https unless given. */
  readonly client?: HttpClient
}

/** Reads the immutability policy of a container; `unknown` where it could not be read. Never rejects. */
export type ImmutabilityReader = (container: string) => Promise<Immutability>

const apiVersion = '2023-05-01'
const defaultTimeout = 10_000

const answerSchema = () =>
  z.object({
    properties: z.object({
      state: z.enum(['Locked', 'Unlocked']),
      immutabilityPeriodSinceCreationInDays: z.int().min(0),
      allowProtectedAppendWrites: z.boolean().nullish(),
      allowProtectedAppendWritesAll: z.boolean().nullish(),
    }),
  })

/**
 * Asks Azure Resource Manager ("Blob Containers - Get Immutability Policy", api-version 2023-05-01). A container without a
 * policy is answered as one of zero days that is not locked.
 */
export function createArmImmutability(options: ArmImmutabilityOptions): ImmutabilityReader {
  return async (container) => {
    const unknown = { container, state: 'unknown', days: null, allowsAppends: false } as const
    try {
      const { properties } = answerSchema().parse(JSON.parse(await ask(options, container)))
      const { state, immutabilityPeriodSinceCreationInDays: days } = properties
      const allowsAppends = [properties.allowProtectedAppendWrites, properties.allowProtectedAppendWritesAll].includes(
        true,
      )
      if (days === 0) return { container, state: 'absent', days: null, allowsAppends }
      return { container, state: state === 'Locked' ? 'locked' : 'unlocked', days, allowsAppends }
    } catch {
      return unknown
    }
  }
}

async function ask(options: ArmImmutabilityOptions, container: string): Promise<string> {
  const sdk = await import('../azure-rest.ts')
  const { url, audience, credential, accountId, client = sdk.createDefaultHttpClient() } = options
  const pipeline = sdk.createEmptyPipeline()
  pipeline.addPolicy(sdk.bearerTokenAuthenticationPolicy({ credential, scopes: `${audience}/.default` }))
  const path = `${accountId}/blobServices/default/containers/${container}/immutabilityPolicies/default`
  const request = sdk.createPipelineRequest({
    url: `${url.replace(/\/$/, '')}${path}?api-version=${apiVersion}`,
    abortSignal: AbortSignal.timeout(options.timeout ?? defaultTimeout),
  })
  const { status, bodyAsText } = await pipeline.sendRequest(client, request)
  if (status !== 200) throw new Error(`Azure Resource Manager answered ${status}`)
  return bodyAsText ?? ''
}
