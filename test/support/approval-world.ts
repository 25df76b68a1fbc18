/** A line whose policy wants a second person for everything, with its people, its clock and its routes. */
import type { Principal } from '../../shared/identity/principal.ts'
import type { Inbound } from '../../shared/pipeline/ports.ts'
import type { Obligation, PolicyRequest } from '../../shared/policy/decision.ts'
import { createWorldApp } from './line-app.ts'
import { lineBackend } from './line-backend.ts'
import { alice, approvers, type Faults, inboundFor, noon, run, type WorldOptions } from './line-world.ts'

export const carol: Principal = {
  ...alice,
  oid: 'a0000000-0000-4000-8000-000000000003',
  actor: approvers.consoleClientId,
  publicClient: true,
  scopes: ['control'],
  roles: ['Countersign.Approver'],
  groups: ['9a000000-0000-4000-8000-000000000004'],
  authContexts: ['c1'],
}

/** Other approvers by object id: of the same group, of the group that things escalate to, of a third one, of two. */
const group = (last: number) => `9a000000-0000-4000-8000-00000000000${last}`
const approver = (last: number, ...groups: number[]): Principal => ({
  ...carol,
  ...{ oid: `a0000000-0000-4000-8000-0000000000${last}`, groups: groups.map(group), tokenId: `token-${last}` },
})
export const dan = approver(14, 4)
export const mia = approver(16, 6)
export const otto = approver(17, 7)
export const both = approver(18, 4, 6)
/** Holds the role, and is in no group that approves anything. */
export const fred = approver(19)

/** What a rule wants, as far as it is not one vote of the approvers. */
export type Demand = Partial<Extract<Obligation, { kind: 'approval' }>>

/** A policy that wants these, unless the decision is told that all were met. */
export const wants =
  (...demands: readonly Demand[]) =>
  ({ context }: PolicyRequest) => {
    const obligations = demands.map((each) => {
      const kind = 'approval' as const
      return { ...{ kind, rule: 'four-eyes', group: 'approvers', count: 1 }, ...each }
    })
    return obligations.every(({ rule }) => context.approvals.includes(rule)) ? {} : { obligations }
  }

const demand = { obligations: [{ kind: 'approval', rule: 'four-eyes', group: 'approvers', count: 1 }] } as const

/** What policy says: a second person, unless the decision is told that one has agreed. */
export const wantsApproval = ({ context }: PolicyRequest) => (context.approvals.includes('four-eyes') ? {} : demand)

interface Loose {
  // biome-ignore lint/suspicious/noExplicitAny: bodies are read by the tests as they come
  readonly [name: string]: any
}

/** `own` is what a process of a test has of its own; its approvals are then in the store that it names. */
export function createApprovalWorld(
  faults: Faults = {},
  own: Pick<WorldOptions, 'store' | 'wrap' | 'newId' | 'desk' | 'classification'> = {},
) {
  let who = alice
  let time = noon
  const { world, app } = createWorldApp([lineBackend], {
    ...own,
    now: () => time,
    faults: { decide: wantsApproval, ...faults, verify: () => who },
  })
  const as = async <T>(principal: Principal, work: () => Promise<T>): Promise<T> => {
    who = principal
    return work()
  }
  const ask = (principal: Principal, route: keyof typeof app.answers, changes: Partial<Inbound> = {}) =>
    as(principal, async () => {
      try {
        const answer = await app.answers[route](inboundFor('', {}, changes))
        return { status: answer.status, code: 'ok', body: JSON.parse(answer.body) as Loose }
      } catch (error) {
        const { code = 'thrown', status = 500, members = {} } = error as Loose
        return { status: status as number, code: code as string, body: members as Loose }
      }
    })
  const call = (
    inputs: unknown = { id: '7' },
    given: { id?: string; principal?: Principal; operation?: string; purpose?: string } = {},
  ) =>
    as(given.principal ?? alice, async () => {
      const headers = {
        'content-type': 'application/json',
        ...(given.id ? { 'approval-id': given.id } : {}),
        ...(given.purpose ? { 'countersign-purpose': given.purpose } : {}),
      }
      const ending = await run(world, inboundFor(given.operation ?? 'getItem', inputs, { headers }))
      return { status: ending.status, code: ending.code, body: JSON.parse(ending.answer?.body ?? '{}') as Loose }
    })
  const lend = (to: string, principal = carol, changes: Loose = {}) => {
    const body = { to, until: new Date(time + 86_400_000).toISOString(), ...changes }
    return ask(principal, 'delegate', { method: 'PUT', body: Buffer.from(JSON.stringify(body)) })
  }
  const digestOf = async (id: string) => (await world.ports.approvals.find(alice.tid, id))?.request.digest
  const vote = async (id: string, changes: Loose = {}, principal = carol) => {
    const body = { decision: 'approve', digest: await digestOf(id), justification: 'agreed by telephone', ...changes }
    return ask(principal, 'decideApproval', { operation: id, body: Buffer.from(JSON.stringify(body)) })
  }
  /** Votes with the words that an earlier try brought back. */
  const resume = async (id: string, token: string, { principal = carol, ...changes }: Loose = {}) => {
    const body = Buffer.from(JSON.stringify({ decision: 'approve', digest: await digestOf(id), ...changes }))
    const headers = { 'content-type': 'application/json', 'countersign-resume': token }
    return ask(principal, 'decideApproval', { operation: id, headers, body })
  }
  return {
    world,
    ask,
    call,
    vote,
    resume,
    lend,
    /** The same person with a token of now. */
    fresh: (principal: Principal): Principal => ({ ...principal, issuedAt: time / 1000 - 60 }),
    pass: (minutes: number) => {
      time += minutes * 60_000
    },
    /** Asks for an approval, and has carol give it. */
    approved: async () => {
      const { id } = (await call()).body.approval as { id: string }
      await vote(id)
      return id
    },
    stateOf: (id: string) => world.approvals.kept.get(id)?.progress.state,
  }
}
