import { describe, expect, it } from 'vitest'
import { createGraphGroups } from '../../../shared/identity/graph-groups.ts'
import type { ExchangedToken } from '../../../shared/identity/principal.ts'
import { ids } from '../../support/tokens.ts'

const token = { value: 'graph-token' } as ExchangedToken
const baseUrl = 'https://graph.microsoft.com'

function groupsWith(answer: () => Response | Promise<Response>, seen: [string, RequestInit | undefined][] = []) {
  const fetchGraph = (async (url: string, init?: RequestInit) => {
    seen.push([url, init])
    return answer()
  }) as typeof fetch
  return createGraphGroups({ baseUrl, fetch: fetchGraph })
}

describe('group lookup', () => {
  it('asks Graph as the person for security groups', async () => {
    const seen: [string, RequestInit | undefined][] = []
    expect(await groupsWith(() => Response.json({ value: [ids.bob] }), seen)(token)).toEqual([ids.bob])
    const [url, init] = seen[0]!
    expect(url).toBe(`${baseUrl}/v1.0/me/getMemberGroups`)
    expect(init).toMatchObject({
      method: 'POST',
      headers: { authorization: 'Bearer graph-token' },
      body: '{"securityEnabledOnly":true}',
      redirect: 'error',
    })
  })

  it.each<[string, () => Response | Promise<Response>]>([
    ['an error', () => new Response('{"value":[]}', { status: 403 })],
    ['a network failure', () => Promise.reject(new TypeError('fetch failed'))],
    ['no list', () => Response.json({ value: 'x' })],
    ['a list of something else', () => Response.json({ value: [{ id: ids.bob }] })],
    ['no JSON', () => new Response('<html>')],
    ['an endless answer', () => new Response('x'.repeat(2_000_000))],
  ])('answers policy_unavailable after %s', async (_title, answer) => {
    await expect(groupsWith(answer)(token)).rejects.toMatchObject({
      code: 'policy_unavailable',
      reason: 'groups_unavailable',
    })
  })
})
