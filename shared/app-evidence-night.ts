import { randomBytes } from 'node:crypto'
import type { Edges } from './app-evidence-edges.ts'
import type { Foundation } from './app-ports.ts'
import type { NightlyPorts, Reconciliation } from './audit/nightly-ports.ts'
import { carryOver, createPeriod, mergePeriods, readPeriod } from './audit/period.ts'
import { createPublisher, type PublisherOptions } from './audit/publish-report.ts'
import { reconcileNight } from './audit/reconcile-night.ts'
import { createReportWebhook } from './audit/report-webhook.ts'
import { stampBytes } from './audit/time-stamper.ts'

/** What the nightly run works with in this deployment. */
export function createNightly(base: Foundation, edges: Edges, wait: NightlyPorts['wait']): NightlyPorts {
  const { settings, clock, log, buildDigest } = base
  const { rows, keys, runKeys, origin, evidence, reports, signer, readPolicy, writer } = edges
  return {
    ...{ rows, origin, clock, log, wait, createPeriod, random: randomBytes, build: buildDigest },
    keys: keys.find,
    runKeys,
    readSealed: evidence.readSegment,
    hour: settings.COUNTERSIGN_NIGHTLY_HOUR,
    recordEvent: writer.recordEvent,
    anchors: evidence,
    publicKey: signer.publicKey,
    immutability: () => Promise.all(['evidence', 'reports'].map(readPolicy)),
    reconcile: (span) => reconcile(edges, span),
    // Nobody is asked what time it is.
    clockOffset: async () => null,
    mergePeriods: (periods) => mergePeriods(periods.flatMap((period) => readPeriod(period) ?? [])),
    carryPeriod: (period) => {
      const known = readPeriod(period)
      return known && carryOver(known)
    },
    publish: createPublisher({ store: reports, sign: signer.sign, ...createStamp(edges) }),
    webhooks: settings.COUNTERSIGN_REPORT_WEBHOOKS,
    reportUrl: `${settings.COUNTERSIGN_PUBLIC_URL.replace(/\/$/, '')}/api/audit/reports/`,
    post: createReportWebhook({ fetch, wait }),
  }
}

/** What backends and Entra recorded, against the book; without any source there is nothing that was compared. */
async function reconcile({ night }: Edges, { until }: { until: string }): Promise<Reconciliation> {
  const facts = await reconcileNight(night, { date: until.slice(0, 10), until: Date.parse(until) })
  return { facts, findings: facts.flatMap(({ findings }) => findings) }
}

/** A report is stamped where there is an authority, and comes without a stamp where that does not answer. */
function createStamp({ authority: ask }: Edges): Pick<PublisherOptions, 'stamp'> {
  if (ask === null) return {}
  const stamp = async (bytes: Uint8Array) => {
    const stamped = await stampBytes({ ask, random: randomBytes }, bytes).catch(() => null)
    return stamped?.token ?? null
  }
  return { stamp }
}
