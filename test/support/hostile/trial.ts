import { type Bench, benchKeys, createBench } from './bench.ts'
import { createForge } from './forge.ts'
import { findFaults } from './judge.ts'
import { bearer } from './row.ts'

const limit = 3
const forge = createForge({ now: () => Date.now() / 1000, keys: benchKeys })

/** Everything that this folder knows about a verifier, until the first fault; undefined where there is none. */
export async function findFirstFault(): Promise<string | undefined> {
  const [fault] = await findFaults(createBench(), forge, 1)
  return fault ?? (await findBrakeFault(createBench({ COUNTERSIGN_FAILED_TOKENS_PER_MINUTE: String(limit) })))
}

/** Good tokens cost nothing; too many bad ones close the door to one address, and to that one alone. */
async function findBrakeFault(bench: Bench): Promise<string | undefined> {
  const codeOf = async (token: string, address?: string) => (await bench.ask(bearer(token), 'call', address)).code
  for (let turn = 0; turn <= limit; turn += 1)
    if ((await codeOf(forge.mint())) !== null) return 'a good token is counted'
  for (let turn = 0; turn < limit; turn += 1) await codeOf(forge.mint({ key: benchKeys.stranger }))
  if ((await codeOf(forge.mint())) !== 'quota_exceeded') return 'the brake does not hold'
  return (await codeOf(forge.mint(), '192.0.2.2')) === null ? undefined : 'the brake holds another address'
}
