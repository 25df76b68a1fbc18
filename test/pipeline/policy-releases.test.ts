import { describe, expect, it } from 'vitest'
import { loadCedar } from '../../shared/policy/cedar.ts'
import { sha256Hex } from '../../shared/policy/digest.ts'
import { parseRelease, type SignedRelease } from '../../shared/policy/release.ts'
import { createReleaseDesk, type ReleaseDeskOptions, type ReleaseRead } from '../../shared/policy/release-desk.ts'
import { digestRelease, publicOf, releaseOf, sign, signers } from '../support/policy-releases.ts'
import { createStateMemory } from '../support/state-memory.ts'
import { permitAll, problemOf, readBy, shippedOptions } from '../unit/policy/fixtures.ts'

type Stored = SignedRelease | string | null

interface Place {
  stored: Stored
  away?: boolean
}

function readPlace({ stored, away }: Place, etag: string | undefined): ReleaseRead {
  if (away) throw new Error('away')
  if (stored === null) return 'missing'
  const text = typeof stored === 'string' ? stored : JSON.stringify(stored)
  const tag = sha256Hex(text)
  return tag === etag ? 'unchanged' : { text, etag: tag }
}

/** One place of releases with its state, and gateways that look at it. */
function createPlace(stored: Stored = null) {
  const place: Place = { stored }
  const state = createStateMemory()
  const events: Readonly<Record<string, unknown>>[] = []
  const faults: string[] = []
  const record = async (detail: Readonly<Record<string, unknown>>) => {
    if (faults.pop() !== undefined) throw new Error('the book is away')
    events.push(detail)
  }
  const open = async (changes: Partial<ReleaseDeskOptions> = {}) => {
    const { homeTenant, groups } = await shippedOptions()
    const desk = createReleaseDesk({
      read: async (etag) => readPlace(place, etag),
      language: loadCedar,
      signers,
      directory: { homeTenant, groups },
      state,
      log: () => undefined,
      now: () => Date.parse('2026-11-22T13:00:00Z'),
      ...changes,
    })
    return { ...desk, look: () => desk.look(record) }
  }
  return { place, state, events, faults, open }
}

const closed = { policies: ['@id("nothing") @title("Nothing") forbid (principal, action, resource);'] }
const verdict = (desk: Awaited<ReturnType<ReturnType<typeof createPlace>['open']>>) =>
  desk.current().policy.decide(readBy('alice')).verdict

describe('a release of the policy', () => {
  it('is rolled out and, by another release of the old content, rolled back; each is chained before it counts', async () => {
    const [first, second] = [await releaseOf(1), await releaseOf(2, closed)]
    const back = await releaseOf(3, { notes: 'back to 1' })
    const { place, events, open } = createPlace(first)
    const desk = await open()
    expect(await desk.look()).toBe(null)
    const running = desk.current().policy
    expect(verdict(desk)).toBe('permit')
    place.stored = second
    expect(await desk.look()).toBe(null)
    expect(verdict(desk)).toBe('deny')
    expect(running.decide(readBy('alice')).verdict).toBe('permit')
    place.stored = back
    expect(await desk.look()).toBe(null)
    expect([verdict(desk), desk.current().policy.policyDigest]).toEqual(['permit', running.policyDigest])
    expect(events.map(({ step, version, digest }) => [step, version, digest])).toEqual(
      [first, second, back].map(({ release }) => ['load', release.version, digestRelease(release)]),
    )
    expect(String(events[0]?.signers).split(' ')).toHaveLength(2)
    expect(desk.current().policy.origin).toMatchObject({ source: 'release', version: 3, notes: 'back to 1' })
  })

  it('is logged as entered once for all instances, and as refused where it may not come again', async () => {
    const { place, open } = createPlace(await releaseOf(1))
    const lines: unknown[] = []
    const log: ReleaseDeskOptions['log'] = (event, { version, digest, reason }) =>
      lines.push([event, version, digest, reason].filter((value) => value !== undefined))
    await (await open({ log })).look()
    const late = await open({ log })
    await late.look()
    place.stored = await releaseOf(1, closed)
    await late.look()
    const [first, replaced] = [await releaseOf(1), await releaseOf(1, closed)].map(({ release }) =>
      digestRelease(release),
    )
    expect(lines).toEqual([
      ['policy_release_entered', 1, first],
      ['policy_release_loaded', 1, first],
      ['policy_release_loaded', 1, first],
      ['policy_release_refused', 1, replaced, 'release_replaced'],
    ])
  })

  const changed = (one: SignedRelease) => ({ ...one, release: { ...one.release, notes: 'tampered' } })
  const refusals: readonly [string, string, () => Promise<Stored>][] = [
    [
      'that was changed after it was signed',
      'release_signature_invalid',
      async () => changed(await releaseOf(2, closed)),
    ],
    ['by one signer', 'release_signers_missing', () => releaseOf(2, closed, ['ann'])],
    [
      'by the same signer twice',
      'release_signers_missing',
      async () => {
        const one = await releaseOf(2, closed, ['ann'])
        return { ...one, signatures: [...one.signatures, ...one.signatures] }
      },
    ],
    ['by nobody', 'release_signers_missing', () => releaseOf(2, closed, [])],
    ['by somebody unknown', 'release_signer_unknown', () => releaseOf(2, closed, ['ann', 'mallory'])],
    [
      'by somebody under another name',
      'release_signature_invalid',
      async () => sign(await releaseOf(2, closed, ['ann']), 'mallory', 'ben'),
    ],
    ['that is older than one that was loaded', 'release_old', () => releaseOf(4, closed)],
    ['of the same number with other content', 'release_replaced', () => releaseOf(5, closed)],
    [
      'whose schema is not the one of requests',
      'release_set_refused',
      async () =>
        releaseOf(6, { schema: 'entity Other; action other appliesTo { principal: Other, resource: Other };' }),
    ],
    [
      'whose policies do not fit their schema',
      'release_set_refused',
      () =>
        releaseOf(6, {
          policies: ['@id("one") @title("T") permit (principal, action, resource) when { context.nothing };'],
        }),
    ],
    ['that permits what no release may', 'release_must_never', () => releaseOf(6, { policies: [permitAll] })],
    ['that is no release', 'release_malformed', async () => '{"release":1}'],
    ['that is no JSON', 'release_malformed', async () => 'nothing'],
    [
      'with a member that is none',
      'release_malformed',
      async () => JSON.stringify({ ...(await releaseOf(6)), more: 1 }),
    ],
    [
      'without a call that it may never permit',
      'release_malformed',
      async () => {
        const { mustNever } = (await releaseOf(6)).release
        return releaseOf(6, { mustNever: { ...mustNever, calls: [] } })
      },
    ],
  ]
  it.each(refusals)('%s is refused (%s): the one in force stays, and the book says it', async (_what, fault, make) => {
    const { place, events, open } = createPlace(await releaseOf(5))
    const desk = await open()
    await desk.look()
    place.stored = await make()
    expect(await desk.look()).toBe(fault)
    expect(await desk.look()).toBe(fault)
    expect([verdict(desk), desk.current().version]).toEqual(['permit', 5])
    expect(events.slice(1).map(({ step, reason }) => [step, reason])).toEqual([['refuse', fault]])
  })

  it('counts two names of one key as one signer', async () => {
    const { place, open } = createPlace()
    place.stored = sign(await releaseOf(1, {}, ['ann']), 'ann', 'ann-again')
    const desk = await open({ signers: { ...signers, 'ann-again': publicOf('ann') } })
    expect(await desk.look()).toBe('release_signers_missing')
  })

  it('that was put back is refused by every instance, one that starts too', async () => {
    const { place, open } = createPlace(await releaseOf(2, closed))
    await (await open()).look()
    place.stored = await releaseOf(1)
    const late = await open()
    expect(await late.look()).toBe('release_old')
    expect((await problemOf(() => late.current())).code).toBe('policy_unavailable')
  })

  it('is loaded by an instance that starts later, too', async () => {
    const { open, events } = createPlace(await releaseOf(2))
    await Promise.all([(await open()).look(), (await open()).look()])
    expect(events.map(({ step }) => step)).toEqual(['load', 'load'])
  })

  it.each([
    ['there is none', {}],
    ['the place does not answer', { away: true }],
  ])('is what everything waits for where %s', async (_what, state) => {
    const { place, open } = createPlace()
    Object.assign(place, state)
    const desk = await open()
    await desk.look()
    expect((await problemOf(() => desk.current())).code).toBe('policy_unavailable')
  })

  it('does not count where the book cannot be written, and is tried again', async () => {
    const { faults, state, open } = createPlace(await releaseOf(1))
    const desk = await open()
    for (const fail of [() => state.fail(1), () => faults.push('book')]) {
      fail()
      expect(await desk.look()).toBe('away')
      expect((await problemOf(() => desk.current())).code).toBe('policy_unavailable')
    }
    expect([await desk.look(), desk.current().version]).toEqual([null, 1])
  })

  it('stays in force while the place is away or empty', async () => {
    const { place, open } = createPlace(await releaseOf(1))
    const desk = await open()
    await desk.look()
    place.away = true
    expect([await desk.look(), desk.current().version]).toEqual(['away', 1])
    Object.assign(place, { away: false, stored: null })
    expect([await desk.look(), desk.current().version]).toEqual(['missing', 1])
  })

  it('is what was parsed: its digest does not depend on the order of members', async () => {
    const { release, signatures } = await releaseOf(1)
    const turned = JSON.stringify({ signatures, release: Object.fromEntries(Object.entries(release).reverse()) })
    expect(digestRelease(parseRelease(turned)?.release ?? (null as never))).toBe(digestRelease(release))
  })
})
