/**
 * What it costs to find the token of somebody who is signed in, by how many are: our cache against one shared MSAL
 * client. CPU time of this process; both are full before anything is measured, and every find has to be a hit.
 */
import { randomBytes } from 'node:crypto'
import { createExchange, type Exchange, type ExchangeWish } from '../../shared/identity/entra-exchange.ts'
import { verifierSettings } from '../support/tokens.ts'
import { type Bench, compareFigure, type Figure } from './measurement.ts'
import { assertionOf, type BenchPerson, callersOf, createPeople, scope } from './people.ts'
import { microseconds, spend, takeTurns } from './rounds.ts'
import { createSharedClient, type SharedClient, takeCached } from './shared-msal.ts'
import { createWorldFetch } from './world-fetch.ts'

const crowds = [1, 100, 1_000, 10_000]
const correlationId = '0af76519-16cd-43dd-8448-eb211c80319c'

/** Finds a round of the peer, so that each takes about a second. */
const peerFinds: Readonly<Record<number, number>> = { 1: 5_000, 100: 1_500, 1000: 150, 10000: 12 }
const ourFinds = 20_000

export const run: Bench = async ({ quick }) => {
  const people = createPeople(crowds)
  const world = createWorld()
  const figures: Figure[] = []
  let signedIn = 0
  for (const crowd of crowds) {
    await world.signIn(people.slice(signedIn, crowd))
    signedIn = crowd
    const present = people.slice(0, crowd)
    const client = await createSharedClient(present, world.fetch)
    figures.push(await compareFinds({ present, quick }, world, client))
  }
  return figures
}

function createWorld() {
  const fetchWorld = createWorldFetch()
  let asked = 0
  const counting: typeof fetch = (input, init) => {
    asked += 1
    return fetchWorld(input, init)
  }
  const exchange = createExchange({
    settings: verifierSettings,
    clientAssertion: async () => 'client-assertion',
    pepper: randomBytes(32),
    fetch: counting,
  })
  return {
    fetch: fetchWorld,
    exchange,
    asked: () => asked,
    signIn: async (people: readonly BenchPerson[]) => {
      for (const person of people) await exchange.exchange(wishOf(person))
    },
  }
}

function wishOf(person: BenchPerson): ExchangeWish {
  return { principal: person.principal, assertion: assertionOf(person), scope, correlationId }
}

async function compareFinds(
  { present, quick }: { readonly present: readonly BenchPerson[]; readonly quick: boolean },
  world: ReturnType<typeof createWorld>,
  client: SharedClient,
): Promise<Figure> {
  const crowd = present.length
  const asking = callersOf(present)
  const share = quick ? 0.1 : 1
  const finds = Math.ceil((peerFinds[crowd] ?? 1) * share)
  const before = world.asked()
  await findOurs(world.exchange, asking, 2_000)
  const turns = await takeTurns(quick ? 2 : 5, {
    ours: () => findOurs(world.exchange, asking, quick ? ourFinds / 2 : ourFinds),
    peer: () => findPeers(client, asking, finds),
  })
  if (world.asked() !== before) throw new Error('our cache did not hold what it was given')
  const value = microseconds(turns.map(({ ours }) => ours))
  const peer = microseconds(turns.map((turn) => turn.peer))
  const figure = { case: `hit at ${crowd} signed in`, value, unit: 'µs', peer: 'one shared MSAL client' }
  return compareFigure('cost', figure, peer)
}

function findOurs({ exchange }: Exchange, asking: readonly BenchPerson[], finds: number) {
  const wishes = asking.map(wishOf)
  return spend(finds, async () => {
    for (let at = 0; at < finds; at++) await exchange(wishes[at % wishes.length] as ExchangeWish)
  })
}

function findPeers(client: SharedClient, asking: readonly BenchPerson[], finds: number) {
  return spend(finds, async () => {
    for (let at = 0; at < finds; at++) await takeCached(client, asking[at % asking.length] as BenchPerson)
  })
}
