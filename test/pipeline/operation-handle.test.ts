import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { type Backend, defineBackend, rest } from '../../shared/backend/define.ts'
import { bindingOf, sealHandle } from '../../shared/backend/operation-handle.ts'
import type { Inbound } from '../../shared/pipeline/ports.ts'
import type { PolicyRequest } from '../../shared/policy/decision.ts'
import { lineBackend } from '../support/line-backend.ts'
import { alice, createWorld, type Faults, inboundFor, noon, run } from '../support/line-world.ts'

const sentence = 'This service only works with a key that everybody shares.'
const declared: Backend = defineBackend({
  ...lineBackend,
  operations: {
    run: {
      summary: 'Run a job',
      effect: 'admin',
      runsAs: 'other',
      egress: true,
      object: 'job',
      inputs: () => z.strictObject({ job: z.string() }),
      call: rest({
        method: 'POST',
        path: '/jobs/{job}/run',
        parameters: ['job'],
        longRunning: { poll: { header: 'location' } },
        answer: { kind: 'json' },
      }),
      labels: { '/name': 'personal.name' },
    },
    shared: {
      summary: 'Make a link that anybody can use',
      effect: 'read',
      unsupported: sentence,
      inputs: () => z.strictObject({}),
      call: rest({ method: 'POST', path: '/links', parameters: [] }),
    },
  },
})
const configured = new Map([[declared.name, declared]])
const key = new Uint8Array(32).fill(7)
const invocation = {
  backend: declared,
  operationName: 'run',
  operation: declared.operations.run!,
  inputs: { job: 'nightly' },
}
const seal = (more: object = {}, now = noon) =>
  sealHandle(key, '{}', { bound: { ...bindingOf('work', alice, invocation), ...more }, now })
const resume = (handle: string, job = 'nightly'): Inbound => {
  const inbound = inboundFor('run', { job })
  return { ...inbound, headers: { ...inbound.headers, 'operation-handle': handle } }
}

/** As a deployment would: whatever runs as somebody else is approved by a second person, reading is free. */
const needsApproval: NonNullable<Faults['decide']> = ({ action, resource }: PolicyRequest) =>
  action === 'read' && resource.runsAs === 'person' ? {} : { verdict: 'deny', reasons: ['runs_as_other'] }

describe('a call with an Operation-Handle', () => {
  it('only reads, as the person, of the same objects, and hands the handle on', async () => {
    const asked: PolicyRequest[] = []
    const decide = (request: PolicyRequest) => {
      asked.push(request)
      return needsApproval(request)
    }
    const world = createWorld({ configured, faults: { decide } })
    const handle = seal()
    expect((await run(world, resume(handle))).code).toBe('ok')
    expect(asked[0]).toMatchObject({
      action: 'read',
      resource: { runsAs: 'person', egress: false, reads: ['nightly'], writes: [] },
    })
    expect(world.rows[0]).toMatchObject({
      facts: { effect: 'read', operation: 'run', reads: ['nightly'], context: { resumed: true } },
    })
    expect(world.calls.map((call) => call.handle)).toEqual([handle])
  })

  it('without one is the call itself, with all that it does', async () => {
    const world = createWorld({ configured, faults: { decide: needsApproval } })
    expect((await run(world, inboundFor('run', { job: 'nightly' }))).code).toBe('policy_denied')
    expect(world.rows[0]).toMatchObject({ facts: { effect: 'admin', writes: ['nightly'] } })
    expect(world.rows[0]).not.toHaveProperty('facts.context.resumed')
  })

  it.each([
    ['of another person', resume(seal({ oid: 'other' }))],
    ['of another agent', resume(seal({ actor: 'other' }))],
    ['of another operation', resume(seal({ operation: 'other' }))],
    ['of other inputs', resume(seal(), 'weekly')],
    ['of yesterday', resume(seal({}, noon - 86_400_000))],
    ['that is a cursor', resume(seal({ kind: 'cursor' }).replace('cur_', 'op_'))],
    ['that nobody made', resume('op_AAAA')],
  ])('%s is refused, recorded, and calls nothing', async (_what, inbound) => {
    const world = createWorld({ configured })
    expect((await run(world, inbound)).code).toBe('input_invalid')
    expect([world.rows.length, world.calls.length]).toEqual([2, 0])
  })

  it('gets what is of our own making past masks that drop what nobody classified', async () => {
    const ours = { status: 'running', handle: 'op_next' }
    const world = createWorld({ configured, faults: { call: () => ({ data: {}, ours }) } })
    const { answer } = await run(world, resume(seal()))
    expect(JSON.parse(answer?.body ?? '{}').data).toEqual(ours)
  })
})

describe('an operation that cannot be done as the person', () => {
  it('is denied with its own reason whatever policy says, and recorded', async () => {
    const world = createWorld({ configured })
    const { code, answer } = await run(world, inboundFor('shared'))
    expect([code, world.calls.length]).toEqual(['policy_denied', 0])
    expect(JSON.parse(answer?.body ?? '{}')).toMatchObject({
      detail: sentence,
      reasons: ['not_as_the_person'],
      next: { action: 'stop' },
    })
    expect(world.rows[0]).toMatchObject({ facts: { verdict: 'deny', reasons: ['not_as_the_person'] } })
  })
})
