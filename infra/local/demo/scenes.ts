import { z } from 'zod'
import { approval } from './approval-scene.ts'
import type { Agent, Reply } from './client.ts'
import { demand } from './demand.ts'

/** One scene: what is shown, and the lines that it printed; throws where what should happen did not. */
export interface Scene {
  readonly title: string
  readonly play: (agent: Agent) => Promise<readonly string[]>
}

const table = z.object({
  data: z.object({ columns: z.array(z.string()), rows: z.array(z.array(z.unknown())) }),
  meta: z.object({
    audit: z.object({
      lane: z.string(),
      intent: z.object({ seq: z.number() }),
      outcome: z.object({ seq: z.number() }),
    }),
    identity: z.object({ source: z.string(), method: z.string(), matches: z.boolean().nullable() }),
    masked: z.array(z.object({ path: z.string(), class: z.string(), strategy: z.string() })),
  }),
})
const problem = z.object({ code: z.string(), reasons: z.array(z.string()).optional(), claims: z.string().optional() })

const perRegion = 'SELECT region, count(*) AS orders, sum(total_eur) AS euro FROM sales.orders GROUP BY region'
const contacts = 'SELECT id, name, email, phone FROM sales.customers ORDER BY id LIMIT 1'
const pay = 'SELECT name, salary_eur, national_id FROM hr.employees WHERE name = $1'
const deletion = "DELETE FROM sales.orders WHERE status = 'cancelled'"

/** What `npm run demo` plays, in order. */
export const scenes: readonly Scene[] = [
  { title: 'Two people ask the same question through the same agent', play: twoPeople },
  { title: 'Fields that a person may not see are masked; who may, sees them', play: maskedFields },
  { title: 'Conditional Access asks for more: the agent passes the challenge on and repeats', play: claimsChallenge },
  { title: 'What an operation is not declared to do is denied, and explained', play: denial },
  { title: 'Deleting waits for a second person, and then happens once', play: approval },
  { title: 'Nobody is let in without a person', play: withoutPerson },
]

async function twoPeople(agent: Agent): Promise<readonly string[]> {
  const seen = await Promise.all(
    ['alice', 'bob'].map(async (persona) => ({ persona, answer: await query(agent, persona, { sql: perRegion }) })),
  )
  const [alice, bob] = seen.map(({ answer }) => JSON.stringify(answer.data.rows))
  demand(alice !== bob, 'two people got the same rows')
  return [
    perRegion,
    ...seen.flatMap(({ persona, answer }) => {
      const { identity, audit } = answer.meta
      demand(identity.matches === true, `the database did not see ${persona}`)
      return [
        `${persona.padEnd(6)}${JSON.stringify(answer.data.rows)}`,
        `      seen by the database as ${persona} (${identity.method}); rows ${audit.intent.seq} and ${audit.outcome.seq} of lane ${audit.lane}`,
      ]
    }),
  ]
}

async function maskedFields(agent: Agent): Promise<readonly string[]> {
  const contact = await query(agent, 'alice', { sql: contacts })
  demand(
    contact.meta.masked.some(({ path }) => path === '/columns/email'),
    'the address was not masked',
  )
  const own = await query(agent, 'alice', { sql: pay, params: ['Alice Adler'] })
  const hr = await query(agent, 'heidi', { sql: pay, params: ['Alice Adler'] })
  demand(own.data.rows[0]?.[1] === null, 'the salary was not masked')
  demand(hr.data.rows[0]?.[1] !== null, 'HR did not see the salary')
  demand(!hr.data.columns.includes('national_id'), 'the national number was not dropped')
  return [
    `alice ${JSON.stringify(contact.data.rows[0])}  masked: ${describeMasks(contact)}`,
    `alice ${JSON.stringify(own.data.rows[0])}  masked: ${describeMasks(own)}`,
    `heidi ${JSON.stringify(hr.data.rows[0])}  masked: ${describeMasks(hr)}  (heidi works in HR)`,
  ]
}

function describeMasks({ meta }: z.infer<typeof table>): string {
  return meta.masked.map(({ path, strategy }) => `${path.replace('/columns/', '')} (${strategy})`).join(', ')
}

async function claimsChallenge(agent: Agent): Promise<readonly string[]> {
  await agent.plant({ kind: 'claims', sticky: true, persona: 'bob', acrs: 'c1' })
  try {
    const refused = await agent.call(await agent.signIn('bob'), 'rest-entra-api/listOrders', { limit: 1 })
    const { code, claims } = problem.parse(refused.body)
    demand(refused.status === 401 && code === 'claims_challenge' && claims !== undefined, 'there was no challenge')
    const asked = Buffer.from(claims ?? '', 'base64').toString()
    const again = await agent.signIn('bob', { satisfies: JSON.parse(asked) })
    const answer = await agent.call(again, 'rest-entra-api/listOrders', { limit: 1 })
    demand(answer.status === 200, 'the repeated call did not pass')
    return [
      `bob asks for orders: ${refused.status} ${code}`,
      `the agent signs bob in again with ${asked}`,
      `bob asks again: ${answer.status}`,
    ]
  } finally {
    await agent.clear()
  }
}

async function denial(agent: Agent): Promise<readonly string[]> {
  const bearer = await agent.signIn('alice')
  const refused = await agent.call(bearer, 'azure-postgresql/executeQuery', { sql: deletion })
  const { code, reasons = [] } = problem.parse(refused.body)
  demand(refused.status === 403 && code === 'policy_denied', 'a deletion passed as a query')
  const question = { backend: 'azure-postgresql', operation: 'executeQuery', inputs: { sql: deletion } }
  const { wouldPassIf } = z
    .object({ wouldPassIf: z.array(z.object({ advice: z.string() })) })
    .parse((await agent.explain(bearer, question)).body)
  demand(wouldPassIf.length > 0, 'there was no advice')
  return [
    `alice runs ${deletion} as a query: ${refused.status} ${code} (${reasons.join(', ')})`,
    ...wouldPassIf.map(({ advice }) => `explain: ${advice}`),
  ]
}

async function withoutPerson(agent: Agent): Promise<readonly string[]> {
  const robot = await agent.call(await agent.signIn('robot'), 'rest-entra-api/listOrders', {})
  const { code } = problem.parse(robot.body)
  demand(robot.status === 403 && code === 'app_only_not_allowed', 'an application got in without a person')
  return [`robot, an application alone, asks for orders: ${robot.status} ${code}`]
}

async function query(agent: Agent, persona: string, inputs: Readonly<Record<string, unknown>>) {
  const reply = await agent.call(await agent.signIn(persona), 'azure-postgresql/executeQuery', inputs)
  demand(reply.status === 200, `${persona} got ${describe(reply)}`)
  return table.parse(reply.body)
}

function describe({ status, body }: Reply): string {
  return `${status} ${String(body.code ?? '')}`
}
