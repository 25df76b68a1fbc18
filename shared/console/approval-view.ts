import type { Described, Preview } from './approval-shape.ts'
import { drawVote } from './approval-vote.ts'
import { element, facts, moment } from './elements.ts'
import { drawHonesty } from './honesty.ts'
import { drawRefusal } from './refusals.ts'
import type { View } from './views.ts'

/** One request: exactly what would run, and the vote on it. */
export const showApproval: View = async (desk, id) => {
  const reply = await desk.gateway.get<Described>(`/api/approvals/${id}`)
  if (!reply.ok) return element('section', {}, element('h1', {}, 'Approval'), drawRefusal(reply.problem))
  const approval = reply.body
  return element(
    'section',
    {},
    element('h1', {}, `${approval.effect} in ${approval.backend}`),
    element('p', {}, approval.operation),
    drawFacts(approval),
    drawHonesty(approval.backend, approval.backends),
    ...drawCautions(approval),
    ...drawCall(approval),
    drawVote(approval, desk),
  )
}

function drawFacts(approval: Described): HTMLElement {
  const { requester, preview, useBy, approvers } = approval
  return facts([
    ['State', approval.state],
    ['As the person', requester.oid],
    ['Through the agent', requester.actor],
    ['Asked', moment(approval.requestedAt)],
    ['Decide by', approval.state === 'pending' ? moment(approval.decideBy) : null],
    ['Use by', useBy === null ? null : moment(useBy)],
    ['Rules', approval.rules.join(', ')],
    ['Approved by', approvers.length === 0 ? null : approvers.join(', ')],
    ['Because', approval.justification],
    ['Would touch', preview ? sayPreview(preview) : null],
    ['Digest', approval.digest.slice(0, 12)],
  ])
}

function sayPreview({ rows, note, takenAt }: Preview): string {
  return `${rows === null ? 'unknown' : `${rows} rows`} (${note}, ${moment(takenAt)})`
}

function drawCautions({ purpose, content, contentNote, grant }: Described): readonly HTMLElement[] {
  const unbound = `What the call refers to can change after you approve it. ${contentNote ?? ''}`
  const many = grant ? `This approves up to ${grant.calls} calls like this one, for ${grant.minutes} minutes.` : ''
  return [
    ...(grant ? [element('p', { class: 'note' }, many)] : []),
    ...(content === 'not_bound' ? [element('p', { class: 'note' }, unbound)] : []),
    ...(purpose ? [element('h2', {}, `Purpose (${purpose.note})`), element('p', {}, purpose.text)] : []),
  ]
}

function drawCall({ statement, inputs, hidden }: Described): readonly HTMLElement[] {
  const hiding = `Not shown, because they are secret or masked for you: ${hidden.join(', ')}`
  return [
    element('h2', {}, 'What would run'),
    ...(statement === null ? [] : [element('pre', {}, statement)]),
    element('h2', {}, 'With'),
    element('pre', {}, JSON.stringify(inputs, null, 2)),
    ...(hidden.length === 0 ? [] : [element('p', { class: 'soft' }, hiding)]),
  ]
}
