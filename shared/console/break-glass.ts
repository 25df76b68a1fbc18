import { element, facts, moment } from './elements.ts'
import { drawRefusal } from './refusals.ts'
import type { Desk, View } from './views.ts'

/** A use of emergency access as the gateway tells it. */
interface Use {
  readonly id: string
  readonly oid: string
  readonly since: string
  readonly until: string
  readonly justification: string
  readonly isOpen: boolean
  readonly isOverdue: boolean
  readonly due: string
  readonly review: { readonly oid: string; readonly at: string; readonly comment: string } | null
}

/** Uses of emergency access: all for auditors and operators, one's own for who holds the role. */
export const listUses: View = async (desk, id) => {
  const reply = await desk.gateway.get<{ readonly uses: readonly Use[] }>('/api/break-glass')
  const title = element('h1', {}, 'Emergency access')
  if (!reply.ok) return element('section', {}, title, drawRefusal(reply.problem))
  const uses = reply.body.uses.filter((use) => id === '' || use.id === id)
  const none = element('p', {}, 'There is none that you may see.')
  return element('section', {}, title, ...(uses.length === 0 ? [none] : uses.map((use) => drawUse(use, desk))))
}

function drawUse(use: Use, desk: Desk): HTMLElement {
  const { review } = use
  return element(
    'div',
    { class: 'card' },
    element('strong', {}, use.isOpen ? 'Open now' : 'Over'),
    facts([
      ['Person', use.oid],
      ['From', moment(use.since)],
      ['Until', moment(use.until)],
      ['Because', use.justification],
      ['Review', review === null ? `due ${use.due}${use.isOverdue ? ', overdue' : ''}` : review.comment],
      ['Reviewed by', review?.oid ?? null],
    ]),
    review === null && use.oid !== desk.oid ? drawReview(use, desk) : null,
  )
}

function drawReview({ id }: Use, desk: Desk): HTMLElement {
  const text = element('textarea', { id: `review-${id}`, rows: '2', maxlength: '1000' }) as HTMLTextAreaElement
  const status = element('div', {})
  const send = async () => {
    const reply = await desk.gateway.post(`/api/break-glass/${id}/review`, { comment: text.value.trim() })
    if (reply.ok) return desk.redraw()
    if (reply.problem.claims !== undefined) await desk.signInAgain(reply.problem.claims)
    status.replaceChildren(drawRefusal(reply.problem))
  }
  return element(
    'div',
    {},
    element('label', { for: `review-${id}` }, 'What the review found (auditors)'),
    text,
    status,
    element('div', { class: 'actions' }, element('button', { type: 'button', click: () => void send() }, 'Reviewed')),
  )
}
