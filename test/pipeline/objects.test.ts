import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { selectConfigured } from '../../shared/backend/configured.ts'
import { defineBackend, rest } from '../../shared/backend/define.ts'
import { lineBackend } from '../support/line-backend.ts'
import { createWorld, inboundFor, run } from '../support/line-world.ts'

const declared = defineBackend({
  ...lineBackend,
  operations: {
    list: {
      summary: 'List one container',
      effect: 'read',
      object: 'container',
      inputs: () => z.strictObject({ container: z.string() }),
      call: rest({ method: 'GET', path: '/{container}', parameters: ['container'] }),
    },
  },
})

describe('object that a deployment lists', () => {
  it.each(['reports', 'q1-reports', '2026-q1'])('stands in the book under its name, as %s', async (container) => {
    const containers = ['reports', 'q1-reports', '2026-q1']
    const configured = selectConfigured([declared], { [declared.name]: { containers, classification: {} } })
    const world = createWorld({ configured })
    expect((await run(world, inboundFor('list', { container }))).code).toBe('ok')
    expect(world.rows[0]).toMatchObject({ facts: { reads: [container], writes: [] } })
  })

  it('is the only one: another is refused, and its text is in no row', async () => {
    const configured = selectConfigured([declared], {
      [declared.name]: { containers: ['reports'], classification: {} },
    })
    const world = createWorld({ configured })
    expect((await run(world, inboundFor('list', { container: 'alice-private' }))).code).toBe('input_invalid')
    expect(world.rows[0]).toMatchObject({ facts: { reads: [] } })
  })
})
