import type { SegmentResult } from './nightly.ts'
import { mergeNight } from './nightly-merge.ts'
import { type Beginning, documentNames } from './nightly-open.ts'
import type { NightPlan } from './nightly-plan.ts'
import type { PublishedReport } from './nightly-ports.ts'
import { findReportRow } from './nightly-recorded.ts'
import { type Night, releaseRun, renewRun } from './nightly-run.ts'
import type { NightOutcome } from './nightly-state.ts'
import type { RowPosition } from './receipt.ts'
import type { Run } from './run-lease.ts'
import { partitionKey } from './segment.ts'

const atOnce = 16
const idSize = 8

/**
 * Ends a night that is in hand, whatever was done of it before: facts, report, its row in the book, then who is told.
 * Each step is kept before the next, and none of them is done twice.
 */
export async function finishNight(night: Night, held: Run, plan: NightPlan): Promise<void> {
  const { ports, documents } = night
  const at = (name: string) => ({ run: held.date, name })
  const known = await documents.read<NightOutcome>(at(documentNames.outcome))
  const outcome = known ?? (await documents.put(at(documentNames.outcome), await gatherNight(night, plan)))
  const before = await renewRun(night, held)
  const kept = await documents.read<PublishedReport>(at(documentNames.published))
  const report = kept ?? (await documents.put(at(documentNames.published), await ports.publish(outcome.facts)))
  const ready = await renewRun(night, before)
  await recordReport(night, { report, outcome })
  const recorded = await renewRun(night, ready, { step: 'reported' })
  ports.log('night_reported', { run: report.date, status: report.verdict })
  await tellAll(night, recorded)
}

async function gatherNight(night: Night, plan: NightPlan): Promise<NightOutcome> {
  const { ports, documents } = night
  const beginning = await documents.read<Beginning>({ run: plan.date, name: documentNames.beginning })
  const results = await readResults(night, plan)
  const since = plan.before?.until ?? null
  const { facts, findings } = await ports.reconcile({ since, until: plan.plannedAt })
  const more = {
    runId: beginning?.runId ?? '',
    origin: ports.origin,
    startedAt: beginning?.startedAt ?? plan.plannedAt,
    build: ports.build,
    immutability: await ports.immutability(),
    reconciliation: facts,
    clockOffsetMs: await ports.clockOffset(),
    endedAt: new Date(ports.clock()).toISOString(),
  }
  const { mergePeriods, carryPeriod } = ports
  return mergeNight({ plan, results, mergePeriods, carryPeriod, findings, facts: more })
}

async function readResults({ documents }: Night, plan: NightPlan): Promise<SegmentResult[]> {
  const results: SegmentResult[] = []
  for (let at = 0; at < plan.tasks.length; at += atOnce) {
    const some = plan.tasks.slice(at, at + atOnce).map(({ lane, segment }) => {
      const name = documentNames.result(partitionKey(lane, segment))
      return documents.read<SegmentResult>({ run: plan.date, name })
    })
    results.push(...(await Promise.all(some)).filter((result) => result !== null))
  }
  return results
}

/** The report's row: once, though we may have died between writing it and knowing that. */
async function recordReport(
  { ports, documents }: Night,
  { report, outcome }: { readonly report: PublishedReport; readonly outcome: NightOutcome },
): Promise<void> {
  const at = (name: string) => ({ run: report.date, name })
  if (await documents.read(at(documentNames.recorded))) return
  const attempt = Buffer.from(ports.random(idSize)).toString('hex')
  const first = await documents.put(at(documentNames.recording), { attempt })
  const found = first.attempt === attempt ? null : await findReportRow(ports, report, outcome.state.lanes)
  const { date, verdict, digest } = report
  const position = found ?? (await ports.recordEvent({ kind: 'report', detail: { date, verdict, digest } }))
  await documents.put<RowPosition>(at(documentNames.recorded), position)
}

/** Tells everybody who was not told yet; a run is done with when all were. */
export async function tellAll(night: Night, held: Run): Promise<void> {
  const { ports, documents } = night
  const { date } = held
  const report = await documents.read<PublishedReport>({ run: date, name: documentNames.published })
  let isDone = report !== null
  for (const [index, url] of report ? ports.webhooks.entries() : []) {
    const place = { run: date, name: documentNames.told(index) }
    if (report === null || (await documents.read(place))) continue
    if (await ports.post(url, { ...report, url: `${ports.reportUrl}/${date}` })) {
      await documents.put(place, { at: new Date(ports.clock()).toISOString() })
      continue
    }
    isDone = false
    ports.log('report_not_told', { run: date, count: index })
  }
  if (isDone) await renewRun(night, held, { step: 'told', until: ports.clock() })
  else await releaseRun(night, held)
}

/** Tasks without a result. */
export async function missingTasks({ documents }: Night, plan: NightPlan): Promise<NightPlan['tasks']> {
  const prefix = documentNames.result('')
  const there = new Set(await documents.names(plan.date, prefix))
  return plan.tasks.filter(({ lane, segment }) => !there.has(documentNames.result(partitionKey(lane, segment))))
}
