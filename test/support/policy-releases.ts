// Releases of a policy for tests, with three people who may sign them and one who may not.
import { generateKeyPairSync } from 'node:crypto'
import { completeSketch } from '../../infra/policy/sketch.ts'
import { digestRelease, type ReleaseBody, type SignedRelease, signRelease } from '../../shared/policy/release.ts'
import { shippedOptions } from '../unit/policy/fixtures.ts'

const people = ['ann', 'ben', 'cas', 'mallory'] as const
type Person = (typeof people)[number]

const pairs = new Map(people.map((name) => [name, generateKeyPairSync('ec', { namedCurve: 'P-256' })]))

export const signers: Readonly<Record<string, string>> = Object.fromEntries(
  (['ann', 'ben', 'cas'] as const).map((name) => [name, publicOf(name)]),
)

export function publicOf(name: Person): string {
  return pairs.get(name)?.publicKey.export({ format: 'der', type: 'spki' }).toString('base64') ?? ''
}

export function sign(signed: SignedRelease, person: Person, signer: string = person): SignedRelease {
  const key = pairs.get(person)?.privateKey
  if (key === undefined) throw new Error('nobody')
  return signRelease(signed, { signer, key })
}

/** Little, so that it is loaded fast. */
const small = `
@id("orders") @title("Analysts read orders")
permit (principal in Countersign::Group::"sales-emea", action == Countersign::Action::"read", resource);
@id("guests") @title("Guests change nothing") @reason("guest_may_not_change")
forbid (principal, action in Countersign::Action::"change", resource) when { principal.guest };`

/** A release of a small set, signed by ann and ben unless others are named. */
export async function releaseOf(
  version: number,
  changes: Partial<ReleaseBody> = {},
  by: readonly Person[] = ['ann', 'ben'],
): Promise<SignedRelease> {
  const { schema, homeTenant, groups } = await shippedOptions()
  const deletion = { backend: 'rest-entra-api', operation: 'deleteOrder', effect: 'delete' } as const
  const release: ReleaseBody = {
    version,
    created: '2026-11-22T12:00:00Z',
    notes: `release ${version}`,
    previous: null,
    policies: [small],
    schema,
    groups: {},
    mustNever: {
      homeTenant,
      groups: Object.fromEntries(Object.entries(groups).map(([name, ids]) => [name, [...ids]])),
      calls: [{ name: 'a guest deletes', request: completeSketch({ who: 'erin', ...deletion }) as never }],
    },
    ...changes,
  }
  return by.reduce((signed, person) => sign(signed, person), { release, signatures: [] } as SignedRelease)
}

export { digestRelease }
