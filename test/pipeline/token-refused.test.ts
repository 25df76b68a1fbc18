import { describe, expect, it } from 'vitest'
import { Problem } from '../../shared/errors/problem.ts'
import { fail } from '../support/line-case.ts'
import { backendProblem, createWorld, inboundFor, run, type World } from '../support/line-world.ts'

const insufficient = Buffer.from('{"access_token":{"acrs":{"essential":true,"value":"c1"}}}').toString('base64')
const outcomeOf = ({ rows }: World) => rows.find((row) => row.kind === 'outcome')

describe('backend that refuses the token', () => {
  const withClaims = backendProblem('backend_rejected_token', 'not_called:claims_challenge', { claims: insufficient })
  const without = backendProblem('backend_rejected_token', 'not_called:token')

  it.each([
    {
      name: 'asks once more with its claims, then hands them on',
      call: fail(withClaims),
      used: ['exchange', 'call', 'purge', 'exchange', 'call', 'outcome'],
      claims: [undefined, Buffer.from(insufficient, 'base64').toString()],
      code: 'claims_challenge',
      fate: 'not-called',
    },
    {
      name: 'asks once more without claims, then gives up',
      call: fail(without),
      used: ['exchange', 'call', 'purge', 'exchange', 'call', 'outcome'],
      claims: [undefined, undefined],
      code: 'backend_rejected_token',
      fate: 'not-called',
    },
    {
      name: 'is satisfied by the fresh token',
      call: (use: number) => {
        if (use === 1) throw without
        return {}
      },
      used: ['exchange', 'call', 'purge', 'exchange', 'call', 'outcome'],
      claims: [undefined, undefined],
      code: 'ok',
      fate: 'called',
    },
  ])('$name', async ({ call, used, claims, code, fate }) => {
    const world = createWorld({ faults: { call } })
    const ending = await run(world, inboundFor('getItem'))
    expect(world.used.slice(3)).toEqual(used)
    expect(world.exchanges.map((each) => each.claims)).toEqual(claims)
    expect([ending.code, outcomeOf(world)?.facts.status]).toEqual([code, fate])
  })

  it("ends as not called where the exchange refuses the backend's claims", async () => {
    const exchange = (use: number) => {
      if (use === 2) throw new Problem('claims_challenge', 'More evidence.', { claims: insufficient })
    }
    const world = createWorld({ faults: { call: fail(withClaims), exchange } })
    const ending = await run(world, inboundFor('getItem'))
    expect([ending.code, world.calls.length, outcomeOf(world)?.facts.status]).toEqual([
      'claims_challenge',
      1,
      'not-called',
    ])
    expect(JSON.parse(ending.answer?.body ?? '')).toMatchObject({ claims: insufficient })
  })

  it('challenges with a header that names the claims', async () => {
    const world = createWorld({ faults: { call: fail(withClaims) } })
    const ending = await run(world, inboundFor('getItem'))
    expect(ending.status).toBe(401)
    expect(ending.answer?.headers['www-authenticate']).toContain(
      `error="insufficient_claims", claims="${insufficient}"`,
    )
  })

  it('does not call a third time', async () => {
    const world = createWorld({ faults: { call: fail(without) } })
    await run(world, inboundFor('getItem'))
    expect(world.calls).toHaveLength(2)
  })
})
