import type { Listed } from './approval-shape.ts'
import { element, moment } from './elements.ts'
import { drawRefusal } from './refusals.ts'
import type { View } from './views.ts'

/** Requests that wait, then those of the last day. */
export const listApprovals: View = async ({ gateway, oid }) => {
  const reply = await gateway.get<{ readonly approvals: readonly Listed[] }>('/api/approvals')
  if (!reply.ok) return element('section', {}, element('h1', {}, 'Approvals'), drawRefusal(reply.problem))
  const { approvals } = reply.body
  const waiting = approvals.filter(({ state }) => state === 'pending')
  const others = approvals.filter(({ state }) => state !== 'pending')
  return element(
    'section',
    {},
    element('h1', {}, waiting.length === 0 ? 'Nothing waits for you' : `${waiting.length} waiting`),
    ...waiting.map((one) => drawCard(one, oid)),
    others.length === 0 ? null : element('h2', {}, 'Of the last day'),
    ...others.map((one) => drawCard(one, oid)),
  )
}

function drawCard({ id, state, backend, operation, effect, requester, requestedAt, decideBy }: Listed, own: string) {
  const when = state === 'pending' ? `decide by ${moment(decideBy)}` : `${state}, asked ${moment(requestedAt)}`
  const who = requester.oid === own ? 'asked by you' : `asked for ${requester.oid}`
  return element(
    'a',
    { class: 'card', href: `#/approvals/${id}` },
    element('strong', {}, `${effect}: ${backend}/${operation}`),
    element('p', { class: 'soft' }, `${who} · ${when}`),
  )
}
