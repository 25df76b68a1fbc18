import * as z from 'zod'

/** What is needed to lock the evidence. */
export interface EvidenceLockOptions {
  /** Azure Resource Manager, `https://management.azure.com` or another cloud's; never with a slash at its end. */
  readonly origin: string
  /** A token for it, of somebody who may lock. */
  readonly token: () => Promise<string>
  /** Id of the storage account in Azure Resource Manager. */
  readonly accountId: string
  /** Days that the policies must have to be locked. */
  readonly days: number
  /** Milliseconds for one request. */
  readonly timeout: number
}

/** How a container is afterwards: locked now, locked before, or not locked and why. */
export interface LockedContainer {
  readonly container: string
  readonly outcome: 'locked' | 'was_locked' | 'refused'
  /** Of a refusal: a code and what it is about; empty otherwise. */
  readonly reason: string
}

/** The containers that the template makes immutable, and whether their blobs still grow. */
const kept = [
  { container: 'evidence', grows: true },
  { container: 'reports', grows: false },
] as const
const apiVersion = '2023-05-01'

const policySchema = z.object({
  etag: z.string().nullish(),
  properties: z.object({
    state: z.enum(['Locked', 'Unlocked']),
    immutabilityPeriodSinceCreationInDays: z.int().min(0),
    allowProtectedAppendWrites: z.boolean().nullish(),
  }),
})
type Policy = z.output<typeof policySchema>
type Kept = (typeof kept)[number]
/** A container without a policy is answered so, or not at all. */
const none: Policy = { properties: { state: 'Unlocked', immutabilityPeriodSinceCreationInDays: 0 } }

/**
 * Locks the immutability policies of the evidence, which nobody can take back ("Blob Containers - Lock Immutability Policy").
 * Only a policy that is exactly as it was meant is locked: a wrong one could never be mended. Rejects where Azure
 * Resource Manager does not answer; what it refuses is an outcome.
 */
export async function lockEvidence(options: EvidenceLockOptions): Promise<readonly LockedContainer[]> {
  const policies = await Promise.all(kept.map(async (one) => ({ one, policy: await readPolicy(options, one) })))
  const refused = policies.flatMap(({ one, policy }) => objectTo(one, policy, options.days))
  // None is locked while one of them is wrong: the account could not be deleted and made anew any more.
  if (refused.length > 0) return refused
  return Promise.all(policies.map(({ one, policy }) => lockOne(options, one, policy)))
}

function objectTo({ container, grows }: Kept, { properties }: Policy, wanted: number): LockedContainer[] {
  const { state, immutabilityPeriodSinceCreationInDays: days, allowProtectedAppendWrites: appends } = properties
  const refuse = (reason: string): LockedContainer[] => [{ container, outcome: 'refused', reason }]
  if (state === 'Locked') return []
  if (days === 0) return refuse('immutability_absent')
  if (days !== wanted) return refuse(`immutability_days: ${days}, not ${wanted}`)
  return grows && appends !== true ? refuse('immutability_without_appends') : []
}

async function lockOne(options: EvidenceLockOptions, { container }: Kept, policy: Policy): Promise<LockedContainer> {
  if (policy.properties.state === 'Locked') return { container, outcome: 'was_locked', reason: '' }
  // The policy that was looked at, and no other one that came between.
  const headers = { 'if-match': policy.etag ?? '' }
  const response = await ask(options, { path: `${pathOf(container)}/lock`, method: 'POST', headers })
  if (!response.ok) return { container, outcome: 'refused', reason: `lock_refused: status ${response.status}` }
  const { properties } = policySchema.parse(await response.json())
  return properties.state === 'Locked'
    ? { container, outcome: 'locked', reason: '' }
    : { container, outcome: 'refused', reason: 'lock_without_effect' }
}

async function readPolicy(options: EvidenceLockOptions, { container }: Kept): Promise<Policy> {
  const response = await ask(options, { path: pathOf(container), method: 'GET', headers: {} })
  if (response.status === 404) return none
  if (!response.ok) throw new Error(`the immutability policy of ${container}: status ${response.status}`)
  return policySchema.parse(await response.json())
}

function pathOf(container: string): string {
  return `/blobServices/default/containers/${container}/immutabilityPolicies/default`
}

interface Request {
  readonly path: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
}

async function ask({ origin, token, accountId, timeout }: EvidenceLockOptions, request: Request): Promise<Response> {
  return fetch(`${origin}${accountId}${request.path}?api-version=${apiVersion}`, {
    method: request.method,
    // A redirect could carry the token to somebody else.
    redirect: 'manual',
    headers: { ...request.headers, authorization: `Bearer ${await token()}`, accept: 'application/json' },
    signal: AbortSignal.timeout(timeout),
  })
}
