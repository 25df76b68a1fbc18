import type { ChallengeCallbacks, HttpClient, PipelineResponse } from '@azure/core-rest-pipeline'
import type { TokenSource } from './store.ts'
import { readVaultChallenge, type VaultChallenge } from './vault-challenge.ts'

export interface VaultRestOptions {
  /** Address of the vault, https. */
  readonly url: string
  readonly credential: TokenSource
  /** Milliseconds for one question, with its challenge and its retries. */
  readonly timeout?: number
  /** How requests are sent; over Node's own https unless given. */
  readonly client?: HttpClient
}

/** The JSON that the vault answers to GET, or to POST where there is a body. Rejects with Error for all but 200. */
export type AskVault = (path: string, body?: Readonly<Record<string, unknown>>) => Promise<unknown>

const apiVersion = '7.6'
const defaultTimeout = 10_000

/**
 * Key Vault by its REST API (7.6), in the pipeline that the other Azure clients use. The first question goes without a
 * token, and should have no body: the vault answers for which resource it wants one.
 */
export async function openVaultRest(options: VaultRestOptions): Promise<AskVault> {
  const sdk = await import('../azure-rest.ts')
  const { url, credential, client = sdk.createDefaultHttpClient(), timeout = defaultTimeout } = options
  const pipeline = sdk.createEmptyPipeline()
  pipeline.addPolicy(sdk.proxyPolicy())
  const scopes: string[] = []
  const challengeCallbacks = answerChallenges(url, scopes)
  pipeline.addPolicy(sdk.bearerTokenAuthenticationPolicy({ credential, scopes, challengeCallbacks }))
  pipeline.addPolicy(sdk.defaultRetryPolicy())
  return async (path, body) => {
    const request = sdk.createPipelineRequest({
      url: `${url.replace(/\/$/, '')}/${path}?api-version=${apiVersion}`,
      headers: sdk.createHttpHeaders({ accept: 'application/json' }),
      abortSignal: AbortSignal.timeout(timeout),
    })
    if (body !== undefined) {
      request.method = 'POST'
      request.body = JSON.stringify(body)
      request.headers.set('content-type', 'application/json')
    }
    const answer = await pipeline.sendRequest(client, request)
    if (answer.status !== 200) throw new Error(describe(answer))
    return JSON.parse(answer.bodyAsText ?? '')
  }
}

/** Keeps what the vault asked for in `scopes`, where the policy finds it for claims challenges, too. */
function answerChallenges(url: string, scopes: string[]): ChallengeCallbacks {
  let challenge: VaultChallenge | undefined
  const authorize: NonNullable<ChallengeCallbacks['authorizeRequest']> = async ({ request, getAccessToken }) => {
    if (challenge === undefined) return
    const { tenantId } = challenge
    const { abortSignal } = request
    const limits = { enableCae: true, ...(abortSignal && { abortSignal }), ...(tenantId && { tenantId }) }
    const token = await getAccessToken(scopes, limits)
    if (token) request.headers.set('authorization', `Bearer ${token.token}`)
  }
  return {
    authorizeRequest: authorize,
    async authorizeRequestOnChallenge(asked) {
      challenge = readVaultChallenge(asked.response.headers.get('www-authenticate') ?? '', url)
      scopes.splice(0, scopes.length, challenge.scope)
      await authorize(asked)
      return asked.request.headers.has('authorization')
    },
  }
}

/** The status with the service's own words for it, of which the inner one says more. */
function describe({ status, bodyAsText }: PipelineResponse): string {
  const codes = [...(bodyAsText ?? '').matchAll(/"code"\s*:\s*"(\w+)"/g)].map(([, code]) => code)
  return ['the vault answered', status, ...codes].join(' ')
}
