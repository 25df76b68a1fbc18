import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { lockEvidence } from '../../../infra/hooks/evidence-lock.ts'

const accountId = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/proof'
const servers: Server[] = []

interface StoredPolicy {
  readonly state: 'Locked' | 'Unlocked'
  readonly days: number
  readonly appends: boolean
}

const good = {
  evidence: { state: 'Unlocked', days: 400, appends: true },
  reports: { state: 'Unlocked', days: 400, appends: false },
} satisfies Record<string, StoredPolicy>

/**
 * Imitates "Get" and "Lock Immutability Policy" of Azure Resource Manager: a lock needs the policy's ETag. Differs in that
 * it knows two containers and looks at no token but whether there is one.
 */
async function startManager(policies: Record<string, StoredPolicy>, lockStatus = 200) {
  const locked: string[] = []
  const server = createServer((request, response) => {
    const asked = readRequest(request)
    const status = asked.container in policies ? statusOf(asked, lockStatus) : 404
    if (asked.isLock && status === 200) locked.push(asked.container)
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answerOf(asked, policies[asked.container])))
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const lock = (token = 't') =>
    lockEvidence({ origin, accountId, days: 400, timeout: 15_000, token: () => Promise.resolve(token) })
  return { lock, locked }
}

type Asked = ReturnType<typeof readRequest>

function readRequest({ url = '', method, headers }: IncomingMessage) {
  const [, container = '', action] = /containers\/(\w+)\/immutabilityPolicies\/default(\/lock)?\?/.exec(url) ?? []
  const isAllowed = headers.authorization === 'Bearer t' && url.startsWith(accountId)
  return { container, isAllowed, isLock: method === 'POST' && action !== undefined, ifMatch: headers['if-match'] }
}

function statusOf({ container, isAllowed, isLock, ifMatch }: Asked, lockStatus: number): number {
  if (!isAllowed) return 403
  if (!isLock) return 200
  return ifMatch === `"${container}"` ? lockStatus : 412
}

function answerOf({ container, isLock }: Asked, policy: StoredPolicy | undefined) {
  const { state, days, appends } = policy ?? { state: 'Unlocked', days: 0, appends: false }
  const settings = { immutabilityPeriodSinceCreationInDays: days, allowProtectedAppendWrites: appends }
  return { etag: `"${container}"`, properties: { state: isLock ? 'Locked' : state, ...settings } }
}

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

describe('lock of the evidence', () => {
  it('locks both containers with the ETag of the policy that was looked at', async () => {
    const { lock, locked } = await startManager(good)
    expect(await lock()).toEqual([
      { container: 'evidence', outcome: 'locked', reason: '' },
      { container: 'reports', outcome: 'locked', reason: '' },
    ])
    expect(locked.sort()).toEqual(['evidence', 'reports'])
  })

  it('leaves a locked policy as it is and locks the other', async () => {
    const { lock, locked } = await startManager({ ...good, evidence: { state: 'Locked', days: 700, appends: true } })
    expect((await lock()).map(({ outcome }) => outcome)).toEqual(['was_locked', 'locked'])
    expect(locked).toEqual(['reports'])
  })

  it.each([
    ['no policy', { ...good, reports: { state: 'Unlocked', days: 0, appends: false } }, 'immutability_absent'],
    ['nothing to answer with', { evidence: good.evidence }, 'immutability_absent'],
    ['other days', { ...good, evidence: { ...good.evidence, days: 4000 } }, 'immutability_days: 4000, not 400'],
    ['no appends', { ...good, evidence: { ...good.evidence, appends: false } }, 'immutability_without_appends'],
  ] as const)('locks neither container where one has %s', async (_what, policies, reason) => {
    const { lock, locked } = await startManager(policies)
    expect(await lock()).toEqual([expect.objectContaining({ outcome: 'refused', reason })])
    expect(locked).toEqual([])
  })

  it('says what was refused by status alone', async () => {
    const { lock } = await startManager(good, 409)
    expect((await lock()).map(({ reason }) => reason)).toEqual(['lock_refused: status 409', 'lock_refused: status 409'])
  })

  it('rejects where the policies cannot be read', async () => {
    const { lock, locked } = await startManager(good)
    await expect(lock('other')).rejects.toThrow('status 403')
    expect(locked).toEqual([])
  })
})
