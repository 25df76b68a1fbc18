import * as z from 'zod'
import { effects } from '../backend/effect.ts'
import type { PolicyRequest } from './decision.ts'

const word = () => z.string().min(1).max(256)
const words = () => z.array(word()).max(1_000)

/** The shape of a policy request that comes from outside (a file, a recorded row); unknown members are refused. */
export const policyRequestSchema = (): z.ZodType<PolicyRequest> =>
  z.strictObject({
    principal: z.strictObject({
      kind: z.enum(['person', 'guest', 'app', 'agent-for-person', 'agent-user']),
      tid: word(),
      oid: word(),
      actor: word(),
      guest: z.boolean(),
      publicClient: z.boolean(),
      groups: words(),
      roles: words(),
      authContexts: words(),
    }),
    action: z.enum(effects),
    resource: z.strictObject({
      backend: word(),
      operation: word(),
      declaredEffect: z.enum(effects),
      runsAs: z.enum(['person', 'other']),
      reads: words(),
      writes: words(),
      labels: words(),
      carried: words().default([]),
      changes: words().default([]),
      egress: z.boolean().default(false),
    }),
    context: z.strictObject({
      understood: z.boolean(),
      dangers: words(),
      statements: z.int().min(0),
      time: z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/),
      tainted: z.boolean(),
      approvals: words(),
      hour: z.int().min(0).max(23).optional(),
      weekday: z.int().min(1).max(7).optional(),
      breakGlass: z.boolean().default(false),
    }),
  })
