import { decodeJwt } from 'jose'
import { expect } from 'vitest'
import { personas } from '../../../infra/local/personas.ts'
import { type Claims, ids } from '../tokens.ts'
import type { Scripted } from './fronts.ts'
import type { Called, LiveWorld } from './live-world.ts'
import { challengeOf } from './rows.ts'

/** One row of the table that needs more than a token: a fault, a second call, another caller. */
type LiveRow = (world: LiveWorld) => Promise<void>

const whoami = 'rest-entra-api/whoami'
const orders = 'rest-entra-api/listOrders'
const destroy = 'azure-postgresql/executeDestructive'
const sql = { sql: 'DELETE FROM sales.orders WHERE id = $1', params: [0] }
const vote = `/api/approvals/apr_${'0'.repeat(32)}/decision`

const robot: Claims = {
  idtyp: 'app',
  scp: undefined,
  azp: personas.robot.azp,
  oid: personas.robot.oid,
  sub: personas.robot.oid,
  name: undefined,
  preferred_username: undefined,
  acct: undefined,
}
const control: Claims = { azp: ids.console, azpacr: '0', scp: 'control', acrs: ['c1'], roles: ['Countersign.Approver'] }

const answered = ({ status, code }: Called) => [status, code]
const challengedWith = ({ headers }: Called) => headers.get('www-authenticate')

/** The challenge as the table has it, at this gateway. */
const wantedChallenge = ({ around }: LiveWorld, id: string) => challengeOf(id, around.env.COUNTERSIGN_PUBLIC_URL ?? '')

const oidOf = (token: string) => decodeJwt(token).oid
/** Exchanges of this very token: another row may wait beside this one. */
const exchangesOf = (world: LiveWorld, token: string) =>
  world
    .exchanges()
    .map(({ body }) => new URLSearchParams(body))
    .filter((form) => form.get('assertion') === token)
let people = 0

/** Somebody of Alice's groups whom nobody has met yet: no back-off after another row is theirs. */
function newcomer(): Claims {
  people += 1
  return { oid: `a1000000-0000-4000-8000-${String(people).padStart(12, '0')}` }
}

/** The first exchange of somebody meets the fault: it is asked for once, and nothing is called. */
function withFault(fault: Readonly<Record<string, unknown>>, wanted: readonly unknown[]): LiveRow {
  return async (world) => {
    const { oid } = newcomer()
    await world.plant({ ...fault, oid, scope: 'c0000000' })
    const called = await world.call({ oid }, whoami)
    expect(answered(called)).toEqual(wanted)
    if (called.status === 503) expect(Number(called.headers.get('retry-after'))).toBeGreaterThan(0)
    const asked = world.exchanges().map(({ body }) => oidOf(new URLSearchParams(body).get('assertion') ?? ''))
    expect(asked.filter((one) => one === oid)).toHaveLength(1)
    const seen = world.orders.seen.map(({ headers }) => oidOf(String(headers.authorization).slice('Bearer '.length)))
    expect(seen).not.toContain(oid)
    // A success closes the breaker that three people's failures would open.
    expect((await world.call({}, whoami)).status).toBe(200)
  }
}

const error = (code: number, wanted: readonly unknown[]) => withFault({ kind: 'error', code }, wanted)

/** What the backend answers to its next requests, one after another; then it answers by itself. */
async function withAnswers(world: LiveWorld, answers: readonly Scripted[], work: () => Promise<void>): Promise<void> {
  const left = [...answers]
  world.orders.script = () => left.shift()
  try {
    await work()
    expect(left).toEqual([])
  } finally {
    world.orders.script = () => undefined
  }
}

const unauthorized = (challenge: string): Scripted => ({ status: 401, headers: { 'www-authenticate': challenge } })
const insufficient = (claims: string) =>
  unauthorized(`Bearer error="insufficient_claims", claims="${Buffer.from(claims).toString('base64')}"`)
const refused = unauthorized('Bearer error="invalid_token"')

/** A read that needs no proof asked of the backend before, so that the script meets the call itself. */
async function warmed(world: LiveWorld): Promise<string> {
  const token = world.forge.mint()
  expect(answered(await world.call(token, orders))).toEqual([200, null])
  return token
}

const rights: Readonly<Record<string, LiveRow>> = {
  A06: async (world) => {
    expect(answered(await world.call(robot, whoami))).toEqual([403, 'app_only_not_allowed'])
    expect((await world.ask('/api/operations', robot)).status).toBe(200)
  },
  A07: async (world) => {
    const listed = { ...robot, roles: ['Catalogue.Read'] }
    expect(answered(await world.call(listed, whoami))).toEqual([403, 'app_only_not_allowed'])
    const inputs = { backend: 'rest-entra-api', operation: 'whoami', inputs: {} }
    expect((await world.ask('/api/explain', listed, { inputs })).body.decision).toBe('deny')
  },
  A16: async (world) => {
    const account = { oid: personas.sidekick.oid, azp: personas.sidekick.azp, xms_act_fct: '3 11', xms_sub_fct: '3 13' }
    const called = await world.call(account, whoami)
    expect(answered(called)).toEqual([403, 'policy_denied'])
    expect(called.body.reasons).toContain('agent_user_not_permitted')
  },
  S01: async (world) => {
    const called = await world.call({ xms_cc: ['cp1'] }, destroy, { inputs: sql })
    expect(answered(called)).toEqual([401, 'claims_challenge'])
    expect(challengedWith(called)).toBe(wantedChallenge(world, 'S01'))
  },
  S02: async (world) => {
    const called = await world.call({ xms_cc: undefined }, destroy, { inputs: sql })
    expect([...answered(called), challengedWith(called)]).toEqual([403, 'step_up_unsupported', null])
  },
  S04: async (world) => {
    const called = await world.call({ xms_cc: ['CP1'], oid: ids.bob }, destroy, { inputs: sql })
    expect(answered(called)).toEqual([401, 'claims_challenge'])
    expect(challengedWith(called)).toBe(wantedChallenge(world, 'S04'))
  },
  S06: async (world) => {
    const called = await world.ask(vote, { ...control, xms_act_fct: '11' }, { inputs: {} })
    expect(answered(called)).toEqual([403, 'human_required'])
  },
  S07: async (world) => {
    expect(answered(await world.ask(vote, robot, { inputs: {} }))).toEqual([403, 'human_required'])
  },
}

const exchange: Readonly<Record<string, LiveRow>> = {
  O01: async (world) => {
    const { status, body } = await world.call({}, whoami)
    expect([status, body.data.oid]).toEqual([200, ids.alice])
  },
  O03: withFault({ kind: 'consent' }, [403, 'consent_required']),
  O04: error(500_131, [502, 'identity_configuration']),
  O06: async (world) => {
    const before = world.exchanges().length
    expect(answered(await world.call(robot, whoami))).toEqual([403, 'app_only_not_allowed'])
    expect(world.exchanges().length).toBe(before)
  },
  O08: async (world) => {
    for (const code of [7_000_215, 700_211]) await error(code, [502, 'identity_configuration'])(world)
  },
  O09: withFault({ kind: 'throttle', retryAfter: 1 }, [503, 'exchange_unavailable']),
  O11: withFault({ kind: 'error', status: 503 }, [503, 'exchange_unavailable']),
  O13: withFault({ kind: 'hang' }, [503, 'exchange_unavailable']),
  O14: withFault({ kind: 'empty', status: 400 }, [503, 'exchange_unavailable']),
  O16: error(50_057, [401, 'token_invalid']),
  O18: async (world) => {
    const before = world.exchanges().length
    const { oid, username: preferred_username } = personas.erin
    const guest = { oid, preferred_username, acct: 1, idp: `https://sts.windows.net/${ids.stranger}/` }
    const inputs = { sql: 'SELECT DISTINCT region FROM sales.orders' }
    const called = await world.call(guest, 'azure-postgresql/executeQuery', { inputs })
    // The exchange succeeds and the database is asked, which gives its tables to no guest.
    expect(answered(called)).toEqual([403, 'backend_rejected'])
    expect(world.exchanges().length).toBeGreaterThan(before)
    const paths = world
      .exchanges()
      .slice(before)
      .map(({ path }) => path.split('/')[1])
    expect(new Set(paths)).toEqual(new Set([ids.home]))
  },
  O19: error(50_020, [403, 'access_denied']),
  O21: async (world) => {
    const token = world.forge.mint()
    const all = await Promise.all(Array.from({ length: 50 }, () => world.call(token, whoami)))
    expect(all.filter(({ status }) => status === 200)).toHaveLength(50)
    expect(exchangesOf(world, token)).toHaveLength(1)
  },
  O23: async (world) => {
    const sessions = [world.forge.mint(), world.forge.mint()]
    for (let turn = 0; turn < 5; turn += 1) {
      for (const token of sessions) expect((await world.call(token, whoami)).status).toBe(200)
    }
    for (const token of sessions) expect(exchangesOf(world, token)).toHaveLength(1)
  },
}

const asked = (claims: Claims) => JSON.stringify({ access_token: claims })
const device = asked({ capolids: { essential: true, values: ['ca000000-0000-4000-8000-000000000001'] } })

const downstream: Readonly<Record<string, LiveRow>> = {
  D01: async (world) => {
    const token = await warmed(world)
    await withAnswers(world, [insufficient(device)], async () => {
      expect((await world.call(token, orders)).status).toBe(200)
    })
    const form = exchangesOf(world, token)[1]
    expect(JSON.parse(form?.get('claims') ?? '{}').access_token).toMatchObject({
      capolids: { essential: true },
      xms_cc: { values: ['cp1'] },
    })
  },
  D03: async (world) => {
    const token = await warmed(world)
    await withAnswers(world, [insufficient(device), insufficient(device)], async () => {
      const called = await world.call(token, orders)
      expect(answered(called)).toEqual([401, 'claims_challenge'])
      expect(Buffer.from(called.body.claims, 'base64').toString()).toBe(device)
      expect(challengedWith(called)).toContain(`error="insufficient_claims", claims="${called.body.claims}"`)
    })
  },
  D05: async (world) => {
    const token = await warmed(world)
    await withAnswers(world, [refused, refused], async () => {
      const called = await world.call(token, orders)
      expect([...answered(called), challengedWith(called)]).toEqual([502, 'backend_rejected_token', null])
    })
  },
  D06: async (world) => {
    const hostile = ['not json', asked({ x: 'y'.repeat(9000) }), '{"access_token":{"a":1},"evil":{}}', '[]']
    for (const claims of hostile) {
      const token = await warmed(world)
      await withAnswers(world, [insufficient(claims)], async () => {
        expect((await world.call(token, orders)).status).toBe(200)
      })
      const form = exchangesOf(world, token)[1]
      expect(Object.keys(JSON.parse(form?.get('claims') ?? '{}').access_token)).toEqual(['xms_cc'])
    }
  },
  // The table lets a backend's 403 through as data; here it is a problem of its own, with the backend's status.
  D08: async (world) => {
    const token = await warmed(world)
    await withAnswers(world, [{ status: 403, body: '{"error":"words of the backend"}' }], async () => {
      const called = await world.call(token, orders)
      expect(answered(called)).toEqual([403, 'backend_rejected'])
      expect(JSON.stringify(called.body)).not.toContain('words of the backend')
    })
    expect(exchangesOf(world, token)).toHaveLength(1)
  },
  R08: async (world) => {
    const token = await warmed(world)
    const evil = unauthorized('Bearer authorization_uri="https://evil.example/authorize", realm="evil"')
    const outside = world.around.services.proxy.refused.length
    await withAnswers(world, [evil, evil], async () => {
      const called = await world.call(token, orders)
      expect(answered(called)).toEqual([502, 'backend_rejected_token'])
      expect(JSON.stringify([called.body, ...called.headers])).not.toContain('evil')
    })
    expect(world.around.services.proxy.refused.length).toBe(outside)
  },
}

const order = (name: string) => ({
  region: 'EMEA',
  customer: { name, email: 'n@customer.example', phone: '1' },
  lines: [{ sku: 'S', description: 'D', quantity: 1, price: 1 }],
})
const place = (world: LiveWorld, who: Claims, { key, name }: { key: string; name: string }) =>
  world.call(who, 'rest-entra-api/createOrder', { inputs: order(name), headers: { 'idempotency-key': key } })

const replay: Readonly<Record<string, LiveRow>> = {
  R02: async (world) => {
    const first = await place(world, {}, { key: 'key-2', name: 'one' })
    expect(first.status).toBe(200)
    const second = await place(world, {}, { key: 'key-2', name: 'two' })
    // The backend keeps the keys, so the refusal is the backend's own.
    expect(answered(second)).toEqual([422, 'backend_rejected'])
    expect((await place(world, {}, { key: 'key-2', name: 'one' })).body.data.order_id).toBe(first.body.data.order_id)
  },
  R03: async (world) => {
    const mine = await place(world, {}, { key: 'key-3', name: 'mine' })
    const theirs = await place(world, { oid: personas.carol.oid }, { key: 'key-3', name: 'mine' })
    const sent = world.orders.seen.filter(({ method }) => method === 'POST').slice(-2)
    expect(mine.status).toBe(200)
    expect(new Set(sent.map(({ headers }) => headers['idempotency-key'])).size).toBe(2)
    expect(theirs.body.data?.order_id).not.toBe(mine.body.data.order_id)
  },
  R05: async (world) => {
    const token = world.forge.mint()
    for (const network of ['192.0.2.7', '198.51.100.7', '203.0.113.7']) {
      expect((await world.call(token, whoami, { headers: { 'x-forwarded-for': network } })).status).toBe(200)
    }
  },
}

/** The rows that need a world, by their ids. R10 needs a clock, and a gateway of its own. */
export const liveRows: Readonly<Record<string, LiveRow>> = { ...rights, ...exchange, ...downstream, ...replay }
