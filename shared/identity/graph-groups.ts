import { Problem } from '../errors/problem.ts'
import { readBounded } from './bounded-body.ts'
import { isTextList } from './claim-rules.ts'
import { parseJsonObject } from './json-object.ts'
import type { ExchangedToken } from './principal.ts'

/** `baseUrl` is Graph's host for the cloud, or another for development; `timeout` in milliseconds. */
export interface GraphGroupsOptions {
  readonly baseUrl: string
  readonly fetch?: typeof fetch
  readonly timeout?: number
}

/** The groups of the person whose Graph token this is. */
export type GraphGroups = (token: ExchangedToken) => Promise<readonly string[]>

/** Graph lists at most 11,000 groups in one answer; each takes 40 bytes. */
const maxBytes = 1024 * 1024

async function ask(token: ExchangedToken, options: GraphGroupsOptions): Promise<readonly string[]> {
  const response = await (options.fetch ?? fetch)(`${options.baseUrl}/v1.0/me/getMemberGroups`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token.value}`, 'content-type': 'application/json' },
    body: JSON.stringify({ securityEnabledOnly: true }),
    redirect: 'error',
    signal: AbortSignal.timeout(options.timeout ?? 5000),
  })
  const text = await readBounded(response, maxBytes)
  const groups = parseJsonObject(text ?? '')?.value
  if (response.status !== 200 || !isTextList(groups)) throw new Error(`group lookup answered ${response.status}`)
  return groups
}

/**
 * Resolves group overage: asks Graph as the person (`POST /me/getMemberGroups`). Throws Problem `policy_unavailable`
 * for every failure, for without groups no decision can be made.
 */
export function createGraphGroups(options: GraphGroupsOptions): GraphGroups {
  return async (token) => {
    try {
      return await ask(token, options)
    } catch (cause) {
      throw new Problem('policy_unavailable', 'The groups of this person cannot be had now. Try again later.', {
        retryAfter: 5,
        next: { action: 'wait', after: 5 },
        reason: 'groups_unavailable',
        cause,
      })
    }
  }
}
