/** Sends so many calls, so many at a time, as everybody at once, and checks every answer. */
import { Agent } from 'node:http'
import { approvalPlans } from './approval-calls.ts'
import { type Answer, type Cut, sendCall } from './client.ts'
import { dataPlans, type Plan } from './data-calls.ts'
import { busy, codeOf, type Field, namesOfOthers, openField, type Planned, type Sent, signIn } from './field.ts'
import { type Asked, challengeIn, isSecondChallenge, otherPlans } from './other-calls.ts'
import { everyone } from './people.ts'
import { type Chance, createChance } from './random.ts'
import type { IsolationWorld } from './world.ts'

export interface TrafficOptions {
  readonly calls: number
  readonly seed: number
  readonly atOnce: number
  /** Share of calls that are broken off. */
  readonly cuts: number
}

const plans = [...dataPlans, ...approvalPlans, ...otherPlans]
const weights = plans.reduce((sum, [weight]) => sum + weight, 0)
const signIns = ['plain', 'strong', 'console'] as const

/** A field with everybody signed in. */
export async function prepareField(world: IsolationWorld): Promise<Field> {
  const orders = await world.asOwner('SELECT id, region FROM sales.orders')
  const field = openField(world, new Map(orders.map(({ id, region }) => [Number(id), String(region)])))
  for (const identity of everyone) for (const as of signIns) signIn(field, identity, as)
  return field
}

/** Runs until all calls were sent and the last one was answered or broken off; milliseconds that it took. */
export async function runTraffic(field: Field, options: TrafficOptions): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: options.atOnce })
  const start = performance.now()
  let left = options.calls
  const work = async (chance: Chance): Promise<void> => {
    for (; left > 0; ) {
      left -= 1
      await callOnce(field, { chance, agent, cuts: options.cuts })
    }
  }
  const workers = Array.from({ length: options.atOnce }, (_, index) => createChance(options.seed * 1000 + index))
  await Promise.all(workers.map(work))
  agent.destroy()
  return performance.now() - start
}

interface Turn {
  readonly chance: Chance
  readonly agent: Agent
  readonly cuts: number
}

async function callOnce(field: Field, { chance, agent, cuts }: Turn): Promise<void> {
  const planned = choosePlan(chance)(field, chance)
  const trace = chance.hex(16)
  const sent = noteSent(field, planned, trace)
  const headers = { ...planned.call.headers, traceparent: `00-${trace}-${chance.hex(8)}-01` }
  const cut = chooseCut(chance, { cuts, planned })
  try {
    const answer = await sendCall(field.world.url, { ...planned.call, headers }, { cut, agent })
    count(field, `${planned.op} ${answer === null ? 'broken off' : codeOf(answer)}`)
    if (answer !== null) judge(field, { planned, answer, sent })
  } catch (error) {
    find(field, planned, `no answer: ${String(error)}`)
  }
}

function choosePlan(chance: Chance): Plan {
  let at = chance.below(weights)
  for (const [weight, plan] of plans) {
    if (at < weight) return plan
    at -= weight
  }
  throw new Error('no plan')
}

const longestMs = 60

function chooseCut(chance: Chance, { cuts, planned }: { cuts: number; planned: Planned }): Cut {
  if (!chance.happens(cuts)) return { at: 'never' }
  const at = chance.pick(
    planned.call.body === '' ? (['late', 'head'] as const) : (['late', 'late', 'half', 'head'] as const),
  )
  return at === 'head' ? { at } : { at, ms: chance.below(longestMs) }
}

function noteSent(field: Field, planned: Planned, trace: string): Sent {
  const { op, identity, credential, governed } = planned
  const sent = { op, identity, uti: credential?.uti ?? '', azp: credential?.azp ?? '', governed, answered: false }
  field.sent.set(trace, sent)
  return sent
}

interface Judged {
  readonly planned: Planned
  readonly answer: Answer
  readonly sent: Sent
}

function judge(field: Field, { planned, answer, sent }: Judged): void {
  sent.answered = true
  const decision = answer.headers['x-countersign-decision']
  if (typeof decision === 'string') sent.decisionId = decision
  const names = namesOfOthers(planned, answer)
  if (names.length > 0) find(field, planned, `names ${names.join()}: ${answer.text.slice(0, 400)}`)
  const asked = challengeIn(planned, answer)
  if (asked !== null) meetChallenge(field, planned, asked)
  else if (!isSecondChallenge(planned, answer)) checkAnswer(field, planned, answer)
}

/** A call that something was not to be had for got nothing: how many there are is judged at the end. */
function checkAnswer(field: Field, planned: Planned, answer: Answer): void {
  const complaint = busy.test(codeOf(answer)) ? undefined : planned.check(answer)
  if (complaint !== undefined) find(field, planned, complaint)
}

/** Whoever is asked signs in again and has the context from then on; nobody is asked what somebody else has to bring. */
function meetChallenge(field: Field, planned: Planned, { isOwn, context }: Asked): void {
  if (isOwn) signIn(field, planned.identity, [context])
  else find(field, planned, `somebody else's challenge: ${context}`)
}

const mostFindings = 200

function find(field: Field, { op, identity }: Planned, what: string): void {
  if (field.findings.length < mostFindings) field.findings.push(`${op} as ${identity.name}: ${what}`)
}

function count(field: Field, what: string): void {
  field.tally.set(what, (field.tally.get(what) ?? 0) + 1)
}
