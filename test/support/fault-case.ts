import { setTimeout as sleep } from 'node:timers/promises'
import { tenants } from '../../infra/local/personas.ts'
import type { Approval } from '../../shared/approval/approval.ts'
import { decideRequest } from '../../shared/approval/states.ts'
import type { VerifyReport } from '../../shared/audit/verify.ts'
import type { TimeLimits } from '../../shared/config/time-limits.ts'
import type { Answer } from '../../shared/pipeline/ports.ts'
import { countMarker, type Flow, inboundOf, seedMarker, warmUp } from './fault-flows.ts'
import type { Exchange, Fault, Seen } from './fault-plan.ts'
import { type BookRow, limitsFor, openSite, type Site } from './fault-site.ts'
import type { FaultWorld } from './fault-world.ts'

/** What the caller got. */
export interface Got {
  readonly status: number
  readonly code: string
  readonly retryable: boolean | null
  readonly retryAfter: number | null
  readonly decisionId: string | null
  readonly ms: number
}

/** Everything that can be known of one case afterwards. */
export interface Observed {
  readonly flow: Flow
  readonly fault: Fault | null
  readonly got: Got
  /** The same call again, after the fault and the wait that the answer asked for. */
  readonly next: Got
  /** What passed during the call with the fault, and during the next one. */
  readonly during: readonly Seen[]
  readonly after: readonly Seen[]
  /** How often the backend did what was asked for: after the first call and its late requests, and after the next. */
  readonly acted: number
  readonly actedInAll: number
  /** State of the approval after the first call. */
  readonly approval: string | null
  readonly rows: readonly BookRow[]
  /** Decisions that were in the book before. */
  readonly earlier: ReadonlySet<string>
  readonly report: VerifyReport
}

/** Cases are played one after the other at each gateway, several gateways at a time. */
export interface Stage {
  readonly play: (flow: Flow, fault: Fault | null) => Promise<Observed>
  readonly close: () => Promise<void>
}

const usesOfSite = 40
// Each case has a hundred of its own, of which one no other case at its gateway has: the same call would have the same approval.
let cases = 10_000

/** A first call needs a gateway of its own; any other goes to one that works, and proves in the end that it still does. */
export function openStage(world: FaultWorld): Stage {
  const free: Held[] = []
  const take = async (flow: Flow, fault: Fault | null): Promise<Held> => {
    const limits = limitsFor(fault)
    const tells = flow.tells === true
    const at = flow.first || flow.alone ? -1 : free.findIndex((one) => one.limits === limits)
    if (at >= 0) return free.splice(at, 1)[0] as Held
    const site = await openSite(world, { limits, tells })
    if (!flow.first) await warm(site)
    return { site, limits, uses: 0 }
  }
  return {
    play: async (flow, fault) => {
      const held = await take(flow, fault)
      cases += 1
      held.uses += 1
      try {
        const observed = await playAt(held.site, { world, flow, fault, marker: 100 * cases + held.uses })
        if (isReusable(observed) && held.uses < usesOfSite) free.push(held)
        else await held.site.close()
        return observed
      } catch (error) {
        await held.site.close()
        throw error
      }
    },
    close: async () => void (await Promise.all(free.map(({ site }) => site.close()))),
  }
}

interface Held {
  readonly site: Site
  readonly limits: TimeLimits
  uses: number
}

/** Where rows may still be on their way the gateway is closed before the book is read: that settles them. */
function isReusable({ flow, got }: Pick<Observed, 'flow' | 'got'>): boolean {
  return !flow.first && !flow.alone && got.code !== 'audit_unavailable'
}

interface Case {
  readonly world: FaultWorld
  readonly flow: Flow
  readonly fault: Fault | null
  readonly marker: number
}

async function playAt(site: Site, one: Case): Promise<Observed> {
  const { flow, fault } = one
  const token = site.token(flow.persona, flow.overrides)
  const call = () => measure(site, inboundOf(flow, token, one.marker))
  if (flow.approved) await approve(site, one, call)
  const before = await count(site, one)
  if (flow.rested) await site.gateway.skip(restMs)
  const earlier = new Set(flow.first ? [] : (await site.rows()).map(({ decisionId }) => decisionId))
  site.plan.arm(fault)
  const got = await call()
  if (flow.tells) await untilQuiet(site)
  const during = site.plan.arm(null)
  await untilDelivered(during)
  const acted = Math.abs((await count(site, one)) - before)
  const approval = flow.approved ? ((await theApproval(site))?.progress.state ?? null) : null
  await site.gateway.skip(((got.retryAfter ?? 1) + 1) * 1000)
  site.plan.arm(null)
  const next = await call()
  const after = site.plan.arm(null)
  if (!isReusable({ flow, got })) await site.closeGateway()
  const actedInAll = Math.abs((await count(site, one)) - before)
  const [rows, report] = await Promise.all([site.rows(), site.verify()])
  return { flow, fault, got, next, during, after, acted, actedInAll, approval, rows, earlier, report }
}

/** Exchanges of one clean call, in order: each of them can fail. */
export async function enumerate(stage: Stage, flow: Flow): Promise<{ clean: Observed; exchanges: Exchange[] }> {
  const clean = await stage.play(flow, null)
  const isWanted = ({ service }: Seen) => flow.services?.includes(service) ?? true
  const wanted = clean.during.filter((one) => isWanted(one) && !isByTheClock(one, flow))
  return { clean, exchanges: wanted.map(({ service, label, nth }) => ({ service, label, nth })) }
}

/** What comes now and then, beside a call and for none: it may come during this call, or during another. */
function isByTheClock({ service, label }: Seen, { first, rested }: Flow): boolean {
  return service === 'usage' || (label === 'list suspensions' && !first && !rested)
}

async function measure(site: Site, inbound: ReturnType<typeof inboundOf>): Promise<Got> {
  const started = performance.now()
  const answer = await site.gateway.call(inbound)
  return { ...readAnswer(answer), ms: Math.round(performance.now() - started) }
}

function readAnswer({ status, headers, body }: Answer): Omit<Got, 'ms'> {
  const parsed = JSON.parse(body) as { code?: string; retryable?: boolean }
  const retryAfter = headers['retry-after']
  return {
    status,
    code: status === 200 ? 'ok' : String(parsed.code),
    retryable: parsed.retryable ?? null,
    retryAfter: retryAfter === undefined ? null : Number(retryAfter),
    decisionId: headers['x-countersign-decision'] ?? null,
  }
}

/** A busy machine may need longer than the limits for a first call; nothing is measured yet. */
async function warm(site: Site): Promise<void> {
  let answer = await site.gateway.call(warmUp(site))
  for (let count = 0; count < 4 && answer.status !== 200; count += 1) {
    await site.gateway.skip(12_000)
    answer = await site.gateway.call(warmUp(site))
  }
  if (answer.status !== 200) throw new Error(`the gateway does not work: ${answer.status} ${answer.body}`)
}

/** Somebody agrees, past the gateway: what is to fail is the use of an approval, not the vote. */
async function approve(site: Site, { world, marker }: Case, call: () => Promise<Got>): Promise<void> {
  await world.sql(seedMarker, [marker])
  const asked = await call()
  if (asked.code !== 'approval_pending') throw new Error(`no approval was asked for: ${asked.status} ${asked.code}`)
  const approval = await theApproval(site)
  const vote = {
    approve: true,
    voter: 'a second person',
    inSteadOf: null,
    circles: approval?.request.needs.map(({ group }) => group) ?? [],
    justification: { text: 'agreed', salt: '00' },
    at: Date.now(),
  }
  const decided = approval && decideRequest(approval.progress, vote, approval.request)
  if (!approval || !decided) throw new Error('there is nothing to approve')
  await site.approvals.replace(approval, decided)
}

async function theApproval(site: Site): Promise<Approval | undefined> {
  return (await site.approvals.list(tenants.home, 0))[0]
}

/** Something that changes by one each time when the backend does what was asked. */
async function count(site: Site, { world, flow, marker }: Case): Promise<number> {
  if (!flow.operation.startsWith('azure-postgresql')) return site.orders().length
  const [row] = await world.sql(countMarker, [marker])
  return Number(row?.n)
}

/** Milliseconds after which nothing that was looked up before is relied on. */
const restMs = 6000
/** Milliseconds for those who are told of it. */
const tellingMs = 15_000

/** Nobody waits for those who are told: what goes to them may come after the answer. */
async function untilQuiet({ plan }: Site): Promise<void> {
  for (const end = Date.now() + tellingMs; !(plan.isMet() && plan.isQuiet()) && Date.now() < end; ) await sleep(20)
}

const deliveryMs = 1500

/** What is late gets there when the gateway has given up; then the services have all that they will get. */
async function untilDelivered(seen: readonly Seen[]): Promise<void> {
  const isOpen = () => seen.some((one) => one.failure === 'late' && !one.reached)
  for (const end = Date.now() + deliveryMs; isOpen() && Date.now() < end; ) await sleep(20)
  if (seen.some(({ failure }) => failure === 'late')) await sleep(60)
}
