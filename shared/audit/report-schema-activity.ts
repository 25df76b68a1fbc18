import * as z from 'zod'

const count = z.int().min(0)
const time = z.iso.datetime()
const date = z.iso.date()
const person = { tid: z.string(), oid: z.string() }
const place = { lane: z.string(), seq: count }

const calls = z.strictObject({
  total: count,
  persons: count.describe('Distinct persons for whom something was asked'),
  agents: count.describe('Distinct agents that asked'),
  byVerdict: z.array(z.strictObject({ verdict: z.string(), calls: count })),
  byEffect: z.array(z.strictObject({ effect: z.string(), calls: count })),
  byPrincipal: z.array(z.strictObject({ kind: z.string(), calls: count })),
  byOperation: z.array(
    z.strictObject({ backend: z.string(), operation: z.string(), permitted: count, refused: count }),
  ),
  byOutcome: z.array(z.strictObject({ backend: z.string(), status: z.string(), code: z.string(), calls: count })),
  unknown: z
    .array(
      z.strictObject({
        ...{ decisionId: z.string(), ...place, time, ...person },
        ...{ backend: z.string(), operation: z.string(), effect: z.string() },
        evidence: z.string().nullable().describe('What the reconciler found out; null: nothing'),
      }),
    )
    .describe('Calls that were sent and of which nobody can say whether the backend acted'),
})

const access = z.strictObject({
  byClass: z.array(
    z.strictObject({
      class: z.string().describe('Empty: data that nobody classified'),
      persons: count,
      clear: count.describe('Calls in whose answer nothing of this class was masked'),
      part: count.describe('… some of it was masked'),
      withheld: count.describe('… all of it was masked'),
    }),
  ),
  byPerson: z.array(
    z.strictObject({
      ...person,
      class: z.string(),
      ...{ clear: count, part: count, withheld: count },
      backends: z.array(z.string()),
      agents: z.array(z.string()),
    }),
  ),
})

const duty = z.strictObject({
  votedAndCalled: z.array(z.strictObject({ ...person, votes: count, calls: count })),
  approvedOwn: z.array(z.strictObject({ ...person, calls: count })).describe('Must be empty'),
  approvedEachOther: z.array(z.strictObject({ tid: z.string(), one: z.string(), other: z.string(), calls: count })),
  reviewedOwn: z.array(z.strictObject({ ...person, reviews: count, calls: count, votes: count })),
  severalRoles: z
    .array(z.strictObject({ ...person, roles: z.array(z.string()) }))
    .describe('From the tokens of callers; roles that nobody used are not in the book'),
})

const glassUse = { id: z.string(), ...person, since: time, until: time, ...place }

const glass = z
  .strictObject({
    uses: z.array(z.strictObject(glassUse)).describe('Emergency access that began in the period'),
    reviews: z.array(z.strictObject({ id: z.string(), by: z.string(), at: time, ...place })),
    pending: z
      .array(z.strictObject({ ...glassUse, due: date, isOverdue: z.boolean() }))
      .describe('Uses, of this and earlier periods, that no auditor has reviewed'),
    forged: count.describe('Rows of emergency access whose seal did not hold'),
  })
  .describe('Emergency access, and its review')

/** What was done through the gateway in the period. */
export const activity = z.strictObject({
  calls,
  refusals: z.array(z.strictObject({ backend: z.string(), verdict: z.string(), reason: z.string(), calls: count })),
  access,
  masks: z.array(z.strictObject({ backend: z.string(), class: z.string(), strategy: z.string(), fields: count })),
  identity: z
    .array(
      z.strictObject({
        backend: z.string(),
        source: z.string().describe('backend: it said whom it saw; token: read from the token; none'),
        method: z.string(),
        matches: z.enum(['yes', 'no', 'unknown']),
        calls: count,
      }),
    )
    .describe('How it is known on whose behalf the backend acted'),
  unclassified: z.array(
    z.strictObject({
      backend: z.string(),
      operation: z.string(),
      path: z.string(),
      strategy: z.string(),
      calls: count,
    }),
  ),
  approvals: z.strictObject({
    steps: z.array(z.strictObject({ step: z.string(), decision: z.string(), times: count })),
    voters: z.array(z.strictObject({ ...person, votes: count })),
  }),
  separationOfDuties: duty,
  breakGlass: glass.nullable(),
  recordings: z.array(z.strictObject({ backend: z.string(), calls: count })),
  reads: z.array(z.strictObject({ ...person, what: z.string(), times: count })),
  dropped: z
    .array(z.strictObject({ list: z.string(), items: count }))
    .describe('What found no place: these lists are not whole'),
})

const event = z.strictObject({
  time,
  ...place,
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
})

/** What changed in the period. */
export const changes = z.strictObject({
  keys: z.array(event),
  inForce: z
    .array(
      z.strictObject({
        what: z.enum(['policy', 'schema', 'classification', 'declaration', 'settings', 'build']),
        of: z.string().describe('Backend, or empty'),
        digest: z.string(),
        ...{ first: time, last: time },
        rows: count,
        isNew: z.boolean().nullable().describe('Not in force in the period before; null: not known'),
      }),
    )
    .describe('Digests of everything that decided calls, and when it did'),
  policy: z.array(event),
  lanes: z.array(event),
  erasures: z.array(event),
  retention: z.array(event),
  holds: z.array(event),
  forgedApprovals: z.array(event),
  roles: z.null().describe('Assignments of roles are made in the directory; they are not collected'),
  suspensions: z.array(event),
  missedNights: z.array(date),
})

/** What one backend's own log says about the same time. */
export const reconciled = z.strictObject({
  backend: z.string(),
  source: z.string().nullable(),
  status: z.enum(['reconciled', 'awaiting_source', 'not_reconcilable', 'failed']),
  window: z.strictObject({ from: z.string(), to: z.string() }).nullable(),
  counts: z.record(z.string(), z.int()).nullable(),
  note: z.string(),
})

/** Who has signed off which report. */
export const reviews = z.strictObject({
  pending: z.array(z.strictObject({ date, due: date, isOverdue: z.boolean() })),
  done: z.array(z.strictObject({ date, by: z.string(), decision: z.string(), at: time, ...place })),
  dispositions: z.array(
    z.strictObject({
      ...{ finding: z.string(), decision: z.string(), by: z.string() },
      ...{ owner: z.string().nullable(), at: time, ...place },
    }),
  ),
})
