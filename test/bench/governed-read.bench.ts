/**
 * A whole governed read (a list of 25 orders: token verified, policy asked, two rows in the book, identity proven, four
 * fields of each order masked or judged) against the gateway that people write today. CPU time of this process alone: the
 * table server (Azurite, in memory) is another process, Entra and the API are doubles that answer at once.
 */
import { connectionStringOf, startTableServer, type TableServer } from '../fault/audit-azurite.ts'
import { freshName, openFreshRows } from './fresh-tables.ts'
import { callBare, createGovernedGateway, type Dispatch, type GovernedGateway } from './governed-gateway.ts'
import { type Bench, compareFigure, type Figure, roundFigure } from './measurement.ts'
import { type BenchPerson, callersOf, createPeople } from './people.ts'
import { createReferenceGateway } from './reference-gateway.ts'
import { callsPerCore, callsPerSecond, median, runConcurrently, type Spent, spend, takeTurns } from './rounds.ts'
import { createSharedClient } from './shared-msal.ts'
import { createWorldFetch } from './world-fetch.ts'

const crowds = [1, 1_000, 10_000]
/** Signing ten thousand people in takes longer than a look may. */
const quickCrowds = [1, 1_000]
const width = 64
const peer = 'jose + one shared MSAL client + one row a transaction'

/** Calls of the peer in a round, so that each takes about a second; never fewer than are made at once. */
const peerCalls: Readonly<Record<number, number>> = { 1: 600, 1000: 256, 10000: 64 }
const ourCalls = 1_000
const warmCalls = 600

interface Stage {
  readonly server: TableServer
  readonly gateway: GovernedGateway
  readonly people: readonly BenchPerson[]
  readonly quick: boolean
}

export const run: Bench = async ({ quick }) => {
  const server = await startTableServer()
  globalThis.fetch = createWorldFetch()
  try {
    const people = createPeople(quick ? quickCrowds : crowds)
    const gateway = await createGovernedGateway(openFreshRows(server.port))
    const stage: Stage = { server, gateway, people, quick }
    const latency = await compareLatency(stage)
    const figures = [...(await compareCrowds(stage)), latency]
    await gateway.close()
    return figures
  } finally {
    await server.stop()
  }
}

/** Everybody who was signed in stays so: the crowds grow. */
async function compareCrowds(stage: Stage): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  let signedIn = 0
  for (const crowd of stage.quick ? quickCrowds : crowds) {
    await stage.gateway.signIn(stage.people.slice(signedIn, crowd))
    signedIn = crowd
    figures.push(...(await compareCrowd(stage, stage.people.slice(0, crowd))))
  }
  return figures
}

async function compareCrowd(stage: Stage, present: readonly BenchPerson[]): Promise<readonly Figure[]> {
  const { gateway, quick } = stage
  const asking = callersOf(present)
  const client = await createSharedClient(present, globalThis.fetch)
  const share = quick ? 0.12 : 1
  const most = peerCalls[present.length] ?? width
  const turns = await takeTurns(quick ? 1 : 5, {
    ours: async () => {
      await gateway.openBook(openFreshRows(stage.server.port))
      return load(gateway.call, asking, ourCalls * share)
    },
    peer: async () => {
      const connectionString = connectionStringOf(stage.server.port)
      const reference = await createReferenceGateway({ connectionString, table: freshName(), client })
      return load(reference.call, asking, Math.max(width, most * share))
    },
  })
  return describeTurns(turns, present.length)
}

/** So many calls, 64 at a time, each by another of those who ask; the first of each go before the clock. */
async function load(call: Dispatch, asking: readonly BenchPerson[], total: number): Promise<Spent> {
  const one = (index: number) => call(asking[index % asking.length] as BenchPerson)
  await one(0)
  return spend(total, () => runConcurrently({ total, width }, one))
}

function describeTurns(
  turns: readonly { readonly ours: Spent; readonly peer: Spent }[],
  crowd: number,
): readonly Figure[] {
  const ours = turns.map((turn) => turn.ours)
  const theirs = turns.map((turn) => turn.peer)
  const cpu = { case: `calls a core at ${crowd} signed in`, value: callsPerCore(ours), unit: 'calls/s', peer }
  const wall = { case: `calls on the clock at ${crowd} signed in`, value: callsPerSecond(ours), unit: 'calls/s', peer }
  return [compareFigure('rate', cpu, callsPerCore(theirs)), compareFigure('rate', wall, callsPerSecond(theirs))]
}

/** Alone, one call after the other, against a handler that only answers, in turns call by call. */
async function compareLatency({ gateway, people, quick }: Stage): Promise<Figure> {
  const [person] = people
  if (person === undefined) throw new Error('somebody has to call')
  await runConcurrently({ total: quick ? 150 : warmCalls, width: 8 }, () => gateway.call(person))
  const added: number[] = []
  for (let at = 0; at < (quick ? 60 : 1_000); at++) {
    const bare = await timeOne(() => callBare(person))
    added.push((await timeOne(() => gateway.call(person))) - bare)
  }
  return { case: 'p50 added over the bare handler', value: roundFigure(median(added)), unit: 'ms' }
}

async function timeOne(call: () => Promise<unknown>): Promise<number> {
  const begin = performance.now()
  await call()
  return performance.now() - begin
}
