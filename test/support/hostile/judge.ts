import { type Bench, type BenchRouteName, benchRoutes, type Outcome } from './bench.ts'
import type { Forge } from './forge.ts'
import { bearer, type HostileRow, type Sent } from './row.ts'
import { acceptedRows, applicationRows, refusedRows } from './rows.ts'
import { type Standing, standingRows } from './standing-rows.ts'
import { voteRows } from './vote-rows.ts'

/** The routes where the console's own scope is enough. */
const forPeople: readonly BenchRouteName[] = ['approvals', 'approval', 'decide', 'cancel', 'revoke']
export const routeNames = Object.keys(benchRoutes) as BenchRouteName[]

/** The routes on which a row is refused: a form needs a body, and `control` alone is refused to agents only. */
function routesFor(row: HostileRow, sent: Sent): readonly BenchRouteName[] {
  const bodies = routeNames.filter((name) => sent.body === undefined || benchRoutes[name].method === 'POST')
  return row.reason === 'control_only' ? bodies.filter((name) => !forPeople.includes(name)) : bodies
}

/** What a request left behind; a refused one leaves nothing but a line in the log. */
function effectsOf({ world }: Outcome): number {
  return world.rows.length + world.events.length + world.exchanges.length + world.calls.length + world.used.length
}

export function standingOf({ world }: Outcome): Standing | undefined {
  const row = world.rows.find(({ kind }) => kind === 'intent')
  if (row?.kind !== 'intent') return undefined
  const { principal, context } = row.facts
  const { guest, publicClient, roles } = context as Pick<Standing, 'guest' | 'publicClient' | 'roles'>
  const asked = world.used.filter((use) => use === 'groups').length
  return { kind: principal.kind, guest, publicClient, roles, asked }
}

interface Test {
  readonly what: string
  readonly got: () => Promise<readonly unknown[]>
  readonly wanted: readonly unknown[]
}

function refusalTests(bench: Bench, forge: Forge): Test[] {
  return refusedRows.flatMap((row) => {
    const sent = row.send(forge)
    return routesFor(row, sent).map((route) => ({
      what: `${row.id} on ${route}`,
      got: async () => {
        const outcome = await bench.ask(sent, route)
        return [outcome.status, outcome.code, outcome.reason, effectsOf(outcome)]
      },
      wanted: [row.status, row.code, row.reason, 0],
    }))
  })
}

function otherTests(bench: Bench, forge: Forge): Test[] {
  const ask = (claims: Record<string, unknown>, route?: BenchRouteName) =>
    bench.ask(bearer(forge.mint({ claims })), route)
  const answers = async (outcome: Promise<Outcome>) => [(await outcome).status, (await outcome).code]
  return [
    ...[...acceptedRows, ...applicationRows].map((row) => ({
      what: row.id,
      got: () => answers(bench.ask(row.send(forge))),
      wanted: [row.status, row.code],
    })),
    ...standingRows.map(({ title, claims, standing }) => ({
      what: title,
      got: async () => [standingOf(await ask(claims))],
      wanted: [standing],
    })),
    ...voteRows.flatMap(([what, claims, ...wanted]) =>
      (['decide', 'revoke'] as const).map((route) => ({ what, got: () => answers(ask(claims, route)), wanted })),
    ),
  ]
}

/**
 * Runs every row on every route that it concerns; gives the first `most` that end otherwise than they have to. What
 * throws counts as a fault.
 */
export async function findFaults(bench: Bench, forge: Forge, most = 1000): Promise<string[]> {
  const faults: string[] = []
  for (const { what, got, wanted } of [...otherTests(bench, forge), ...refusalTests(bench, forge)]) {
    const found = await got().catch((error: unknown) => [String(error)])
    if (JSON.stringify(found) === JSON.stringify(wanted)) continue
    faults.push(`${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`)
    if (faults.length >= most) break
  }
  return faults
}
