import { element, facts, moment } from './elements.ts'
import type { Reply } from './gateway.ts'
import { type Backends, drawHonesty } from './honesty.ts'
import { drawRefusal } from './refusals.ts'
import type { Desk, View } from './views.ts'

/** A call that an agent made as the reader, without what was asked or answered. */
interface Call {
  readonly decisionId?: string
  readonly time?: string
  readonly agent?: string
  readonly backend?: string
  readonly operation?: string
  readonly effect?: string
  readonly verdict?: string
  readonly reads?: readonly string[]
  readonly writes?: readonly string[]
  readonly outcome?: { readonly status: string; readonly code: string; readonly rows: number } | null
}

interface Activity {
  readonly activity: readonly Call[]
  readonly next: string | null
  readonly indexedUpTo: string | null
  readonly backends?: Backends
}

/** What a stop took back, and what was under way. */
interface Stopped {
  readonly enabled?: boolean
  readonly voided?: readonly string[]
  readonly inFlight?: readonly { readonly backend: string; readonly operation: string }[]
}

/** What agents did as the reader, with the switch of each agent and a way to disown a call. */
export const listActivity: View = async (desk) => {
  const reply = await desk.gateway.get<Activity>('/api/me/activity?limit=50')
  if (!reply.ok) return element('section', {}, element('h1', {}, 'Done as me'), drawRefusal(reply.problem))
  const { activity, indexedUpTo, backends } = reply.body
  const agents = [...new Set(activity.flatMap(({ agent }) => agent ?? []))].sort()
  const known = indexedUpTo === null ? 'The book is not indexed yet.' : `Known up to ${moment(indexedUpTo)}.`
  return element(
    'section',
    {},
    element('h1', {}, 'Done as me'),
    element('p', { class: 'soft' }, `Calls that agents made as you, the newest first. ${known}`),
    ...agents.map((agent) => drawAgent(agent, desk)),
    ...activity.map((call) => drawCall(call, desk, backends)),
  )
}

function drawAgent(agent: string, desk: Desk): HTMLElement {
  const status = element('div', {})
  const turn = async (enabled: boolean) => {
    const reply = await desk.gateway.put<Stopped>(`/api/me/agents/${agent}`, { enabled })
    await finish(reply, { desk, status })
  }
  const button = (title: string, enabled: boolean) =>
    element('button', { type: 'button', class: 'plain', click: () => void turn(enabled) }, title)
  return element(
    'div',
    { class: 'card' },
    element('strong', {}, `Agent ${agent}`),
    status,
    element('div', { class: 'actions' }, button('Switch off', false), button('Switch on', true)),
  )
}

async function finish(
  reply: Reply<Stopped>,
  { desk, status }: { readonly desk: Desk; readonly status: HTMLElement },
): Promise<void> {
  if (!reply.ok && reply.problem.claims !== undefined) await desk.signInAgain(reply.problem.claims)
  status.replaceChildren(
    reply.ok ? element('p', { class: 'note' }, sayStopped(reply.body)) : drawRefusal(reply.problem),
  )
}

function sayStopped({ enabled, voided = [], inFlight = [] }: Stopped): string {
  if (enabled === true) return 'It may act as you again.'
  const running = inFlight.map(({ backend, operation }) => `${backend}/${operation}`).join(', ')
  const flight = running === '' ? 'Nothing was under way.' : `Could not be stopped any more: ${running}.`
  return `It no longer acts as you. Requests taken back: ${voided.length}. ${flight}`
}

function drawCall(call: Call, desk: Desk, backends: Backends | undefined): HTMLElement {
  const status = element('div', {})
  const objects = [...(call.reads ?? []), ...(call.writes ?? [])].join(', ')
  const disown = async () => {
    const comment = 'Said at the console: this was not me.'
    await finish(await desk.gateway.post<Stopped>(`/api/me/activity/${call.decisionId}/not-me`, { comment }), {
      desk,
      status,
    })
  }
  return element(
    'div',
    { class: 'card' },
    element('strong', {}, `${call.effect ?? 'call'}: ${call.backend ?? ''}/${call.operation ?? ''}`),
    facts([
      ['When', call.time === undefined ? null : moment(call.time)],
      ['Through the agent', call.agent ?? null],
      ['Touched', objects === '' ? null : objects],
      ['Ended', sayEnd(call)],
    ]),
    drawHonesty(call.backend, backends),
    status,
    call.decisionId === undefined
      ? null
      : element('button', { type: 'button', class: 'plain', click: () => void disown() }, 'This was not me'),
  )
}

function sayEnd({ verdict, outcome }: Call): string {
  if (!outcome) return verdict === 'permit' ? 'not known' : (verdict ?? 'not known')
  return outcome.code === 'ok' ? `${outcome.rows} rows` : `${outcome.status}, ${outcome.code}`
}
