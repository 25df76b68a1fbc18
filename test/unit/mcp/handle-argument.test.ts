import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineBackend, type Operation, rest } from '../../../shared/backend/define.ts'
import { inboundOf } from '../../../shared/mcp/tool-call.ts'
import { describeTool } from '../../../shared/mcp/tools.ts'
import { lineBackend } from '../../support/line-backend.ts'
import { inboundFor } from '../../support/line-world.ts'

const operation = (more: object): Operation => ({
  summary: 'Run',
  effect: 'read',
  inputs: () => z.strictObject({ id: z.string() }),
  call: rest({ method: 'POST', path: '/run', parameters: [], body: ['id'], ...more }),
})
const long = operation({ longRunning: { poll: { header: 'location' } } })
const backend = defineBackend({ ...lineBackend, operations: { long, short: operation({}) } })
const call = (name: string) =>
  inboundOf({ name: 'x', arguments: { id: '7', operation_handle: 'op_x' } }, { backend, name }, inboundFor(name))

describe('a tool whose work may go on', () => {
  it('takes the handle as an argument, which becomes the header and no input', () => {
    expect(describeTool({ backend, name: 'long' }, long).inputSchema.properties).toHaveProperty('operation_handle')
    const { headers, body } = call('long')
    expect([headers['operation-handle'], Buffer.from(body).toString()]).toEqual(['op_x', '{"id":"7"}'])
  })

  it('is the only kind that takes one', () => {
    const { headers, body } = call('short')
    expect(headers['operation-handle']).toBeUndefined()
    expect(Buffer.from(body).toString()).toContain('operation_handle')
  })
})
