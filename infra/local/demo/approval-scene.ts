import { z } from 'zod'
import type { Agent, Reply } from './client.ts'
import { demand } from './demand.ts'

const rows = z.object({ data: z.object({ rows: z.array(z.array(z.unknown())) }) })
const held = z.object({ code: z.string(), approval: z.object({ id: z.string() }) })
const shown = z.object({ digest: z.string(), state: z.string() })
const done = z.object({
  data: z.object({ rowCount: z.number() }),
  meta: z.object({ identity: z.object({ matches: z.boolean().nullable(), method: z.string() }) }),
})

const candidate = "SELECT id FROM sales.orders WHERE status = 'cancelled' ORDER BY id DESC LIMIT 1"
const deletion = 'DELETE FROM sales.orders WHERE id = $1'

/** Alice asks to delete an order, carol agrees at the console, the same call then runs once. */
export async function approval(agent: Agent): Promise<readonly string[]> {
  const bearer = await agent.signIn('alice', { acrs: ['c1'] })
  const found = await agent.call(bearer, 'azure-postgresql/executeQuery', { sql: candidate })
  const order = rows.parse(found.body).data.rows[0]?.[0]
  const inputs = { sql: deletion, params: [order] }
  const attempt = () => agent.call(bearer, 'azure-postgresql/executeDestructive', inputs)
  const asked = await attempt()
  const { code, approval } = held.parse(asked.body)
  demand(asked.status === 403 && code === 'approval_pending', 'the deletion did not wait for anybody')
  const refused = await decide(agent, await agent.signIn('carol'), approval.id)
  demand(refused.body.code === 'human_required', 'an agent voted with the token of an approver')
  const voted = await decide(agent, await agent.signIn('carol', { control: true }), approval.id)
  demand(voted.body.state === 'approved', `carol could not approve: ${describe(voted)}`)
  const first = await attempt()
  demand(first.status === 200, `the approved call did not run: ${describe(first)}`)
  const { data, meta } = done.parse(first.body)
  demand(data.rowCount === 1 && meta.identity.matches === true, 'nothing was deleted as alice')
  const again = await attempt()
  demand(again.body.code === 'approval_used', 'an approval was used twice')
  return [
    `alice  ${deletion}, $1 = ${String(order)}: ${asked.status} ${code}, ${approval.id}`,
    `carol  approves through an agent: ${describe(refused)}`,
    'carol  approves at the console, after a strong sign-in: approved',
    `alice  repeats it: ${first.status}, ${data.rowCount} row deleted, as alice (${meta.identity.method})`,
    `alice  repeats it once more: ${describe(again)}`,
  ]
}

/** A vote with the digest that the voter was shown, or would have been. */
async function decide(agent: Agent, bearer: string, id: string): Promise<Reply> {
  const view = shown.safeParse((await agent.read(bearer, `approvals/${id}`)).body)
  const digest = view.success ? view.data.digest : '0'.repeat(64)
  return agent.call(bearer, `approvals/${id}/decision`, {
    decision: 'approve',
    digest,
    justification: 'The order was cancelled by the customer.',
  })
}

function describe({ status, body }: Reply): string {
  return `${status} ${String(body.code ?? '')}`
}
