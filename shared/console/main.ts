import { listActivity } from './activity.ts'
import { listApprovals } from './approval-list.ts'
import { showApproval } from './approval-view.ts'
import { listUses } from './break-glass.ts'
import { element } from './elements.ts'
import { openGateway } from './gateway.ts'
import { drawRefusal } from './refusals.ts'
import { type ConsoleSettings, leaveToSignIn, returnFromSignIn } from './sign-in.ts'
import type { Desk, View } from './views.ts'

const tabs = [
  { address: '#/approvals', title: 'Approvals' },
  { address: '#/activity', title: 'Done as me' },
  { address: '#/break-glass', title: 'Emergency access' },
] as const

const places: readonly { readonly pattern: RegExp; readonly view: View }[] = [
  { pattern: /^#\/approvals\/(apr_[0-9a-f]{32}(?:-\d{1,6})?)$/, view: showApproval },
  { pattern: /^#\/activity$/, view: listActivity },
  { pattern: /^#\/break-glass(?:\/(bg_[0-9a-f]{32}))?$/, view: listUses },
  { pattern: /^/, view: listApprovals },
]

const viewOf = (id: string) => document.getElementById(id) ?? document.body

async function start(): Promise<void> {
  const settings = (await (await fetch('/console/config.json')).json()) as ConsoleSettings
  const token = await returnFromSignIn(settings)
  if (token === null) return void (await leaveToSignIn(settings))
  const desk: Desk = {
    gateway: openGateway(token),
    oid: subjectOf(token),
    signInAgain: (claims) => leaveToSignIn(settings, claims),
    redraw: () => draw(desk),
  }
  addEventListener('hashchange', () => void draw(desk))
  await draw(desk)
}

async function draw(desk: Desk): Promise<void> {
  const address = location.hash
  const links = tabs.map((tab) =>
    element('a', { href: tab.address, 'aria-current': address.startsWith(tab.address) && 'page' }, tab.title),
  )
  viewOf('nav').replaceChildren(...links)
  const found = places.find(({ pattern }) => pattern.test(address))
  const drawn = await found?.view(desk, found.pattern.exec(address)?.[1] ?? '')
  if (drawn !== undefined && location.hash === address) viewOf('view').replaceChildren(drawn)
}

/** Whose token it is, to tell one's own requests: the gateway alone verifies it. */
function subjectOf(token: string): string {
  const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')
  return (JSON.parse(atob(payload)) as { readonly oid?: string }).oid ?? ''
}

start().catch(() => {
  const problem = { code: 'sign_in_failed', detail: 'The sign-in did not end as it began. Open the console again.' }
  viewOf('view').replaceChildren(drawRefusal(problem))
})
