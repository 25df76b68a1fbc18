import type { Described } from './approval-shape.ts'
import { element } from './elements.ts'
import type { Refused, Reply } from './gateway.ts'
import { drawRefusal } from './refusals.ts'
import type { Desk } from './views.ts'

/** What the reader typed, kept over a sign-in that a vote asked for. */
const draftKey = (id: string) => `countersign-draft-${id}`

/**
 * The form of a vote, or of what else can be done with the request in its state. A vote that needs a fresh sign-in leaves
 * for it and comes back with what was typed; it is the reader who then sends it.
 */
export function drawVote(approval: Described, desk: Desk): HTMLElement {
  const { state, requester } = approval
  const own = requester.oid === desk.oid
  if (own && (state === 'pending' || state === 'approved'))
    return drawButton('Take it back', 'cancel', { approval, desk })
  if (state === 'approved') return drawButton('Revoke the approval', 'revoke', { approval, desk })
  if (state !== 'pending' || own) return element('p', { class: 'soft' }, 'There is nothing to decide.')
  const text = element('textarea', { id: 'why', rows: '3', maxlength: '1000', required: true }) as HTMLTextAreaElement
  text.value = sessionStorage.getItem(draftKey(approval.id)) ?? ''
  const status = element('div', {})
  const cast = (decision: 'approve' | 'reject') => vote({ approval, desk, decision, text, status })
  return element(
    'form',
    { submit: (event) => event.preventDefault() },
    element('label', { for: 'why' }, 'Why (goes into the record)'),
    text,
    status,
    element(
      'div',
      { class: 'actions' },
      element('button', { type: 'button', click: () => void cast('approve') }, 'Approve'),
      element('button', { type: 'button', class: 'plain', click: () => void cast('reject') }, 'Reject'),
    ),
  )
}

interface Casting {
  readonly approval: Described
  readonly desk: Desk
  readonly decision: 'approve' | 'reject'
  readonly text: HTMLTextAreaElement
  readonly status: HTMLElement
}

async function vote({ approval, desk, decision, text, status }: Casting): Promise<void> {
  const justification = text.value.trim()
  if (justification === '') {
    status.replaceChildren(element('p', { class: 'note', role: 'alert' }, 'Say why: it goes into the record.'))
    return text.focus()
  }
  const { id, digest } = approval
  const reply = await desk.gateway.post(`/api/approvals/${id}/decision`, { decision, digest, justification })
  if (!reply.ok && reply.problem.claims !== undefined) {
    sessionStorage.setItem(draftKey(id), text.value)
    await desk.signInAgain(reply.problem.claims)
  }
  await finish(reply, { id, desk, status })
}

async function finish(
  reply: Reply<unknown>,
  { id, desk, status }: { readonly id: string; readonly desk: Desk; readonly status: HTMLElement },
): Promise<void> {
  if (!reply.ok) return void status.replaceChildren(drawRefusal(reply.problem satisfies Refused))
  sessionStorage.removeItem(draftKey(id))
  await desk.redraw()
}

function drawButton(
  title: string,
  action: 'cancel' | 'revoke',
  { approval, desk }: { readonly approval: Described; readonly desk: Desk },
): HTMLElement {
  const status = element('div', {})
  const { id } = approval
  const act = async () => finish(await desk.gateway.post(`/api/approvals/${id}/${action}`, {}), { id, desk, status })
  const button = element('button', { type: 'button', class: 'plain', click: () => void act() }, title)
  return element('div', {}, status, element('div', { class: 'actions' }, button))
}
