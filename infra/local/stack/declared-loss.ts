import type { StoredEntity } from '../../../shared/audit/record.ts'
import type { ChainSource, Verdict, VerifyReport } from '../../../shared/audit/verify.ts'
import { exceptions, type Finding } from '../../../shared/audit/verify-findings.ts'
import type { DeclaredLoss } from './kept-state.ts'

/** A finding of the verifier, or one that a declared loss of this local stack explains. */
export type LocalFinding = Finding | (Omit<Finding, 'kind'> & { readonly kind: 'declared_local_loss' })
export type LocalReport = Omit<VerifyReport, 'findings'> & { readonly findings: readonly LocalFinding[] }

/** The row of a lane that is the last before a loss was discovered, and the first after. */
interface Edge {
  last?: { readonly seq: number; readonly time: string }
  next?: { readonly seq: number; readonly kind: string }
}

/**
 * Renames the findings that an unclean stop explains, and judges anew: with nothing else wrong the verdict is PASS WITH
 * EXCEPTIONS. Explained is only what is missing between the last row that the lost run left in a lane and the end of that
 * lane, or the start row of the run that goes on in it; altered bytes never are. For a kept local store alone: a real
 * one loses nothing by a stop, so the verifier itself knows no such excuse.
 */
export async function explainLosses(
  report: VerifyReport,
  { source, losses }: { source: ChainSource; losses: readonly DeclaredLoss[] },
): Promise<LocalReport> {
  const isWhole = report.counts.findings === report.findings.length
  if (losses.length === 0 || report.verdict !== 'FAIL' || !isWhole) return report
  const declared = await Promise.all(losses.map(async (loss) => ({ loss, edges: await readEdges(source, loss) })))
  const findings = report.findings.map((finding): LocalFinding => {
    const found = declared.find(({ loss, edges }) => isExplained(finding, { loss, edge: edges.get(finding.lane) }))
    return found === undefined ? finding : rename(finding, found.loss)
  })
  return { ...report, findings, verdict: judge(findings, report.notes) }
}

function rename(finding: Finding, { runStarted, discovered }: DeclaredLoss): LocalFinding {
  const detail = `${finding.kind}, ${finding.detail}: the run of ${runStarted} did not stop cleanly (seen ${discovered})`
  return { ...finding, kind: 'declared_local_loss', detail }
}

function judge(findings: readonly LocalFinding[], notes: readonly string[]): Verdict {
  const isExcused = ({ kind }: LocalFinding) => kind === 'declared_local_loss' || exceptions.has(kind)
  if (!findings.every(isExcused)) return 'FAIL'
  return notes.length > 0 ? 'INCOMPLETE' : 'PASS WITH EXCEPTIONS'
}

function isExplained(finding: Finding, { loss, edge }: { loss: DeclaredLoss; edge: Edge | undefined }): boolean {
  const last = edge?.last
  if (last === undefined || last.time < loss.runStarted) return false
  if (finding.kind === 'deleted') return finding.seq === last.seq + 1 && isFollowedByStart(finding, edge?.next)
  if (edge?.next !== undefined) return false
  if (finding.kind === 'head_rolled_back') return finding.toSeq === last.seq
  return finding.kind === 'segment_missing' && finding.toSeq === undefined
}

function isFollowedByStart({ toSeq, seq }: Finding, next: Edge['next']): boolean {
  return next === undefined || (next.kind === 'start' && next.seq === (toSeq ?? seq) + 1)
}

async function readEdges(source: ChainSource, { discovered }: DeclaredLoss): Promise<ReadonlyMap<string, Edge>> {
  const edges = new Map<string, Edge>()
  for await (const page of source.pages()) for (const entity of page) noteRow(edges, entity, discovered)
  return edges
}

function noteRow(
  edges: Map<string, Edge>,
  { partitionKey, rowKey, properties }: StoredEntity,
  discovered: string,
): void {
  if (!/^r\d{16}$/.test(rowKey)) return
  const lane = partitionKey.split('|')[0] ?? ''
  const edge = edges.get(lane) ?? {}
  edges.set(lane, edge)
  const [seq, time] = [Number(rowKey.slice(1)), String(properties.ts)]
  // Pages come in the order of keys, so within a lane in the order of sequence numbers.
  if (time < discovered) edge.last = { seq, time }
  else edge.next ??= { seq, kind: String(properties.kind) }
}
