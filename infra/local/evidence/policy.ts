import type { StorageRequest } from './storage-request.ts'

/** An immutability policy of a container, as Azure Resource Manager shows it. */
export interface ContainerPolicy {
  readonly state: 'Locked' | 'Unlocked'
  /** Days since a blob's creation, or since the last append. */
  readonly days: number
  readonly allowProtectedAppendWrites: boolean
}

/** A blob that is there. Times in epoch milliseconds. */
export interface KeptBlob {
  readonly type: 'AppendBlob' | 'BlockBlob' | 'PageBlob'
  readonly modified: number
}

/** Why a policy forbids a request. */
export type PolicyFault = 'blob' | 'container' | null

const dayMs = 86_400_000
/** What a policy does not touch: leases and tiers. */
const harmless = new Set(['lease', 'tier'])
/** A name may be given once, by these. */
const creating = new Set(['', 'block', 'blocklist'])

/**
 * Whether the policy forbids the request, by the table of permitted operations of "Store business-critical blob data
 * with immutable storage": a blob may be made once and read, an append blob may grow where the policy says so, and what
 * is kept may be removed after its time and never overwritten. What the table does not name is forbidden.
 */
export function judgeByPolicy(
  asked: StorageRequest,
  { policy, kept, now }: { policy: ContainerPolicy; kept: KeptBlob | null; now: number },
): PolicyFault {
  if (!asked.isChange) return null
  if (asked.blob === '') return asked.method === 'DELETE' ? 'container' : null
  return kept === null || mayChange(asked, kept, { policy, now }) ? null : 'blob'
}

function mayChange(
  { method, comp, ifNoneMatch }: StorageRequest,
  kept: KeptBlob,
  { policy, now }: { policy: ContainerPolicy; now: number },
): boolean {
  if (method === 'DELETE') return now >= kept.modified + policy.days * dayMs
  if (comp === 'appendblock') return kept.type === 'AppendBlob' && policy.allowProtectedAppendWrites
  // The store itself refuses a name that is taken, where it is asked to, and with another code.
  return harmless.has(comp) || (creating.has(comp) && ifNoneMatch === '*')
}
