import { Problem } from '../errors/problem.ts'
import type { StateTable } from '../state/state-table.ts'
import type { PolicyLanguage } from './language.ts'
import { findBreaches, type NeverCall } from './must-never.ts'
import { createPolicy, type Policy } from './policy.ts'
import {
  checkSigners,
  digestRelease,
  parseRelease,
  type ReleaseBody,
  type ReleaseFault,
  type Signers,
} from './release.ts'
import type { Directory } from './schema.ts'

/** What the place of releases holds: a text with its version tag, the same as before, or nothing. */
export type ReleaseRead = { readonly text: string; readonly etag: string } | 'unchanged' | 'missing'

export interface ReleaseDeskOptions {
  /** Rejects where the place does not answer. */
  readonly read: (etag: string | undefined) => Promise<ReleaseRead>
  readonly language: () => Promise<PolicyLanguage>
  readonly signers: Signers
  /** The deployment's own tenant and groups; these come on top of a release's. */
  readonly directory: Directory
  /** The newest version that any instance ever loaded. */
  readonly state: Pick<StateTable, 'find' | 'insert' | 'replace'>
  readonly log: (event: string, fields: Readonly<Record<string, string | number>>) => void
  readonly now: () => number
}

/** Chains one event of kind `policy`; nothing counts before it is in the book. */
export type RecordRelease = (detail: Readonly<Record<string, string | number>>) => Promise<unknown>

/** The release in force. */
export interface LoadedRelease {
  readonly policy: Policy
  readonly directory: Directory
  readonly version: number
  readonly digest: string
}

export interface ReleaseDesk {
  /** Throws Problem `policy_unavailable` before the first. */
  readonly current: () => LoadedRelease
  /**
   * Looks once, one look at a time: a new release that is in order takes the place of the current one, anything else
   * leaves it. Never rejects; the fault that keeps what lies there from being loaded, or `away` where nobody knows.
   */
  readonly look: (record: RecordRelease) => Promise<ReleaseFault | 'away' | 'missing' | null>
}

interface Seen {
  etag?: string | undefined
  loaded?: LoadedRelease
  fault: Awaited<ReturnType<ReleaseDesk['look']>>
}

/** Keeps the policy of a deployment up to date with signed releases. */
export function createReleaseDesk(options: ReleaseDeskOptions): ReleaseDesk {
  const seen: Seen = { fault: 'missing' }
  let looking: Promise<Seen['fault']> | undefined
  return {
    current: () => {
      if (seen.loaded !== undefined) return seen.loaded
      throw new Problem('policy_unavailable', 'There is no policy to decide by.', {
        retryAfter: 30,
        reason: `release: ${seen.fault}`,
      })
    },
    look: (record) => {
      looking ??= look(options, seen, record).finally(() => {
        looking = undefined
      })
      return looking
    },
  }
}

async function look(options: ReleaseDeskOptions, seen: Seen, record: RecordRelease): Promise<Seen['fault']> {
  try {
    const found = await options.read(seen.etag)
    if (found === 'unchanged') return seen.fault
    seen.fault = found === 'missing' ? 'missing' : await consider(found.text, { options, seen, record })
    // Kept only now: what failed on the way is looked at again.
    seen.etag = found === 'missing' ? undefined : found.etag
  } catch (error) {
    options.log('policy_release_away', { reason: error instanceof Problem ? error.reason : nameOf(error) })
    if (seen.loaded === undefined) seen.fault = 'away'
    return 'away'
  }
  return seen.fault
}

interface Work {
  readonly options: ReleaseDeskOptions
  readonly seen: Seen
  readonly record: RecordRelease
}

async function consider(text: string, { options, seen, record }: Work): Promise<ReleaseFault | null> {
  const signed = parseRelease(text)
  if (signed === null) return refuse('release_malformed', {}, { options, record })
  const about = { version: signed.release.version, digest: digestRelease(signed.release) }
  if (about.digest === seen.loaded?.digest) return null
  const signers = checkSigners(signed, options.signers)
  if (typeof signers === 'string') return refuse(signers, about, { options, record })
  const built = await build(signed.release, options)
  if ('fault' in built) return refuse(built.fault, { ...about, detail: built.detail }, { options, record })
  const claim = await claimVersion(about, options.state)
  if (claim !== 'entered' && claim !== 'known') return refuse(claim, about, { options, record })
  // The deployment's first time of this release; whatever instance starts later only loads it.
  if (claim === 'entered') options.log('policy_release_entered', about)
  const { policyDigest: policy, schemaDigest: schema } = built.policy
  await record({ step: 'load', ...about, policy, schema, signers: signers.join(' ') })
  const { notes } = signed.release
  const loaded = new Date(options.now()).toISOString()
  const origin = { source: 'release', loaded, ...about, notes, signers } as const
  seen.loaded = { ...built, ...about, policy: { ...built.policy, origin } }
  options.log('policy_release_loaded', about)
  return null
}

async function refuse(
  reason: ReleaseFault,
  about: Readonly<Record<string, string | number>>,
  { options, record }: Omit<Work, 'seen'>,
): Promise<ReleaseFault> {
  const { detail = '', ...known } = about
  options.log('policy_release_refused', { reason, ...known, detail })
  await record({ step: 'refuse', reason, ...known })
  return reason
}

type Built = Pick<LoadedRelease, 'policy' | 'directory'> | { readonly fault: ReleaseFault; readonly detail: string }

/** Loads the set twice: for this deployment, and under the directory of the calls that it must never permit. */
async function build(release: ReleaseBody, { language, directory: own }: ReleaseDeskOptions): Promise<Built> {
  const { policies, schema, mustNever } = release
  const cedar = await language()
  const directory = { homeTenant: own.homeTenant, groups: { ...release.groups, ...own.groups } }
  try {
    const policy = createPolicy(cedar, { policies, schema, ...directory })
    const { homeTenant } = mustNever
    const tried = createPolicy(cedar, {
      policies,
      schema,
      homeTenant,
      groups: { ...release.groups, ...mustNever.groups },
    })
    const breaches = findBreaches(tried, mustNever.calls as readonly NeverCall[])
    if (breaches.length === 0) return { policy, directory }
    return { fault: 'release_must_never', detail: breaches.slice(0, 5).join('; ') }
  } catch (error) {
    if (error instanceof Problem) return { fault: 'release_set_refused', detail: error.reason }
    throw error
  }
}

const newest = { partition: 'policy', key: 'newest' }
const mostTries = 5

/**
 * Makes this version the newest that was ever loaded. Refused where a newer one was, and where this very version was
 * another release: whoever can only write to the place of releases cannot bring an old one back, on any instance.
 */
async function claimVersion(
  values: { readonly version: number; readonly digest: string },
  state: ReleaseDeskOptions['state'],
): Promise<ReleaseFault | 'entered' | 'known'> {
  for (let tries = 0; tries < mostTries; tries++) {
    const row = await state.find(newest)
    const known = row === null ? 'newer' : compareTo(row.values, values)
    if (known !== 'newer') return known
    const etag = row === null ? await state.insert(newest, values) : await state.replace(row, values)
    if (etag !== null) return 'entered'
  }
  throw new Problem('policy_unavailable', 'The newest release cannot be settled now.', { retryAfter: 5 })
}

/** How a release stands to the newest that was loaded: newer, that very one, or one that may not come again. */
function compareTo(
  known: Readonly<Record<string, unknown>>,
  { version, digest }: { readonly version: number; readonly digest: string },
): ReleaseFault | 'newer' | 'known' {
  const newestKnown = Number(known.version)
  if (version > newestKnown) return 'newer'
  if (version === newestKnown && known.digest === digest) return 'known'
  return version === newestKnown ? 'release_replaced' : 'release_old'
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown'
}
