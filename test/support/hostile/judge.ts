import { ids } from '../tokens.ts'
import { type Bench, type BenchRouteName, benchRoutes, type Outcome } from './bench.ts'
import type { Forge } from './forge.ts'
import { bearer, type HostileRow, type Sent } from './row.ts'
import { acceptedRows, applicationRows, refusedRows, secretsOf } from './rows.ts'
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

const metadata = 'resource_metadata="https://gateway.example/.well-known/oauth-protected-resource"'

/** RFC 6750's words for a code, whichever row it is. */
const words: Readonly<Record<string, string>> = {
  token_missing: '',
  authorization_malformed: 'error="invalid_request", ',
  token_invalid: 'error="invalid_token", error_description="The access token is not valid for this resource", ',
  scope_insufficient: 'error="insufficient_scope", scope="access_as_user", ',
}

function wantedChallenge({ code }: HostileRow): string | null {
  const said = words[code ?? '']
  return said === undefined ? null : `Bearer ${said}${metadata}`
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
        const leaks = secretsOf(row, sent).filter((secret) => outcome.text.includes(secret))
        const challenge = outcome.headers['www-authenticate']?.replace('/mcp"', '"') ?? null
        return [outcome.status, outcome.code, outcome.reason, effectsOf(outcome), leaks.length, challenge]
      },
      wanted: [row.status, row.code, row.reason, 0, 0, wantedChallenge(row)],
    }))
  })
}

function otherTests(bench: Bench, forge: Forge): Test[] {
  const ask = (claims: Record<string, unknown>, route?: BenchRouteName) =>
    bench.ask(bearer(forge.mint({ claims })), route)
  const answers = async (outcome: Promise<Outcome>) => [(await outcome).status, (await outcome).code]
  return [
    ...acceptedRows.map((row) => ({
      what: row.id,
      got: async () => {
        const { status, world } = await bench.ask(row.send(forge))
        const { tid, oid, actor } = world.exchanges[0]?.principal ?? {}
        return [status, tid, oid, actor]
      },
      wanted: [row.status, ids.home, ids.alice, ids.agent],
    })),
    ...applicationRows.map((row) => ({
      what: row.id,
      got: async () => [
        ...(await answers(bench.ask(row.send(forge)))),
        ...(await answers(bench.ask(row.send(forge), 'approvals'))),
        (await bench.identify(row.send(forge))).scopes.length,
      ],
      wanted: [row.status, row.code, 403, 'human_required', 0],
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
