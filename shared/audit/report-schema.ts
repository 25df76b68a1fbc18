import * as z from 'zod'
import { activity, changes, reconciled, reviews } from './report-schema-activity.ts'
import { findingKinds } from './verify-findings.ts'

/** Name and version of the report's format; a reader refuses what it does not know. */
export const reportVersion = 'countersign-report/1'

export const results = ['PASS', 'FAIL', 'PASS WITH EXCEPTIONS', 'INCOMPLETE'] as const

const count = z.int().min(0)
const time = z.iso.datetime().describe('ISO 8601 UTC')
const date = z.iso.date().describe('Day, UTC')
const hex = z.string().regex(/^[0-9a-f]{64}$/)

const disposition = z.strictObject({
  decision: z.string().describe('accepted, incident or false_alarm'),
  by: z.string().describe('Object id of who decided'),
  owner: z.string().nullable().describe('Object id of who is to see to it'),
  at: time,
  lane: z.string(),
  seq: count.describe('Place of the row that records it'),
})

const finding = z
  .strictObject({
    id: z.string().describe('The same on every night that it is found again'),
    kind: z.enum(findingKinds),
    severity: z.enum(['critical', 'high', 'medium', 'low']),
    lane: z.string(),
    seq: count,
    toSeq: count.describe('Last row concerned, inclusive'),
    detail: z.string(),
    meaning: z.string().describe('In plain language'),
    action: z.string().describe('What to do now'),
    firstSeen: date,
    lastSeen: date,
    due: date.describe('Until when a disposition is expected; Monday to Friday count, holidays are not known'),
    isOverdue: z.boolean(),
    disposition: disposition.nullable().describe('null: nobody has explained it yet'),
  })
  .describe('One thing that verification found')

const counts = z.strictObject({
  verified: count.describe('Rows of the period that were verified'),
  expected: count.describe('Rows of the period that heads and anchors promise'),
  exceptions: count.describe('Findings of all three lists'),
  notVerified: count.describe('Rows of the period that were expected and not verified'),
})

const verdict = z.strictObject({
  result: z.enum(results),
  exitCode: z.int().min(0).max(3).describe('0 PASS, 1 FAIL, 2 PASS WITH EXCEPTIONS, 3 INCOMPLETE'),
  sentence: z.string().describe('The verdict in one sentence'),
  remarks: z.array(z.string()).describe('What has to be known with it'),
  because: z
    .array(
      z.strictObject({
        code: z.string(),
        effect: z.enum(['fail', 'incomplete', 'exception']),
        text: z.string(),
      }),
    )
    .describe('Everything that keeps the verdict from being PASS; empty where it is'),
  counts,
})

const range = z.strictObject({ from: time.nullable(), to: time.nullable() })

const scope = z.strictObject({
  origin: z.string(),
  requested: range.describe('What this report should cover; from null: since the first row'),
  found: range.describe('Times of the first and last row that were found in it'),
  lanes: z.array(z.strictObject({ lane: z.string(), segment: count, nextSeq: count })),
  segments: z.strictObject({ expected: count, checked: count, missing: z.array(z.string()) }),
  rows: z.strictObject({ expected: count, found: count, verified: count, notAnchored: count }),
  rowsByKind: z.array(z.strictObject({ kind: z.string(), rows: count })).nullable(),
})

const mark = z.strictObject({ size: count.describe('Records of the anchor log'), root: hex })

const method = z.strictObject({
  runId: z.string(),
  startedAt: time,
  endedAt: time,
  verifier: z.string().describe('Digest of the build that verified'),
  keyIds: z.array(z.string()).describe('Ids of the keys under which rows were verified; never keys'),
  checkpoint: z.strictObject({
    before: mark.nullable().describe('As the report before recorded it'),
    now: mark.nullable(),
    isConsistent: z
      .boolean()
      .nullable()
      .describe('Whether the log now begins with the log then; null: nothing to compare'),
  }),
  immutability: z
    .array(
      z.strictObject({
        container: z.string(),
        state: z.enum(['locked', 'unlocked', 'absent', 'unknown']),
        days: count.nullable(),
        allowsAppends: z.boolean(),
      }),
    )
    .nullable(),
  coverage: z.strictObject({
    new: count.describe('Rows that were walked because they are new'),
    rolling: count.describe('… because it was their turn in 30 nights'),
    sample: count.describe('… because they were drawn by lot'),
    weekly: count.describe('… in the weekly walk of everything'),
    seed: z.string().describe('From which the lot was drawn; nobody knew it before this night'),
    oldestCheck: date.nullable().describe('Oldest last check of any segment; null: one was never checked again'),
  }),
  clockOffsetMs: z.int().nullable(),
  timeTokens: count.nullable(),
})

const anchored = z.strictObject({
  upTo: time.nullable().describe('Time of the newest record of the anchor log'),
  lanes: z.array(z.strictObject({ lane: z.string(), seq: z.int().min(-1).describe('Last anchored row; -1: none') })),
  notAnchored: count,
})

const control = z.strictObject({
  framework: z.string(),
  control: z.string(),
  supports: z.string(),
  evidence: z.array(z.string()).describe('JSON pointers into this report'),
})

const night = z.strictObject({
  date,
  result: z.enum(results).nullable().describe('null: no report was made for this night'),
  rows: count,
  calls: count.nullable(),
  findings: count,
})

const attestation = z.strictObject({
  signature: z.string().describe('File that holds the signature over the bytes of report.json, DER'),
  algorithm: z.string(),
  command: z.string().describe('How to check it'),
  chain: z.string().describe('Where the digest of this report is recorded'),
})

/** The nightly report. A value that is null was not collected; `notCollected` says why. */
export const reportSchema = z
  .strictObject({
    schema: z.literal(reportVersion),
    date,
    verdict,
    scope,
    method,
    anchored,
    findings: z.strictObject({
      integrity: z.array(finding),
      unresolved: z.array(finding),
      operations: z.array(finding),
      explained: z.array(finding).describe('Explained on an earlier night, and not found tonight'),
    }),
    activity: activity.nullable(),
    refusedOutside: count.nullable().describe('Requests refused before anybody was known; they stand in no row'),
    reconciliation: z.array(reconciled).nullable(),
    changes: changes.nullable(),
    reviews,
    controls: z.array(control),
    limits: z.array(z.string()).describe('What this report cannot show, and who could still cheat'),
    notCollected: z.array(z.strictObject({ pointer: z.string(), why: z.string() })),
    trend: z.array(night).describe('The last 30 nights, oldest first, tonight last'),
    attestation,
  })
  .describe('Nightly report of Countersign: the evidence. The HTML is made from this and from nothing else.')

export type Report = z.infer<typeof reportSchema>
export type ReportFinding = z.infer<typeof finding>
export type ReportResult = (typeof results)[number]
export type Because = Report['verdict']['because'][number]
export type Night = z.infer<typeof night>

/** The JSON Schema (2020-12) by which an outsider can check a report. */
export function reportJsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(reportSchema)
}
