import { parseArgs } from 'node:util'
import { type ErasurePlan, type ErasureResult, planErasure, runErasure } from '../../../shared/audit/erase.ts'
import type { ErasureOrder } from '../../../shared/audit/erasure-state.ts'
import { sweepOrphans } from '../../../shared/audit/orphan-openings.ts'
import { findSite, nowhere } from '../../operate/site.ts'
import { openSteward, type Steward } from '../stack/steward.ts'

const usage = `usage: npm run audit:erase -- (--person TENANT/OBJECT | --decision ID) --ticket TEXT --reason TEXT [--yes] [--json]
Counts what there is; erases it with --yes.
`
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const refusedByHold = 4

/** `npm run audit:erase`: erases a person or a decision; exit code 0, 4 where a legal hold forbids it, 64 for wrong usage. */
export async function run(args: readonly string[]): Promise<number> {
  const asked = parse(args)
  if (asked === null) return fail(usage, 64)
  const site = findSite()
  if (site === null) return fail(nowhere, 69)
  const steward = openSteward(site)
  try {
    const plan = await planErasure(steward, asked.order.subject)
    const result = asked.isSure ? await erase(steward, asked.order) : null
    const text = asked.isJson ? `${JSON.stringify({ plan, result })}\n` : describe(plan, result)
    process.stdout.write(text)
    return plan.holds.length > 0 || result?.status === 'hold' ? refusedByHold : 0
  } finally {
    await steward.close()
  }
}

interface Asked {
  readonly order: ErasureOrder
  readonly isSure: boolean
  readonly isJson: boolean
}

function parse(args: readonly string[]): Asked | null {
  try {
    const text = { type: 'string' } as const
    const flag = { type: 'boolean', default: false } as const
    const options = { person: text, decision: text, ticket: text, reason: text, yes: flag, json: flag }
    const { values } = parseArgs({ args: [...args], options })
    const subject = subjectOf(values)
    const { ticket = '', reason = '' } = values
    if (subject === null || ticket === '' || reason === '') return null
    return { order: { subject, ticket, reason }, isSure: values.yes, isJson: values.json }
  } catch {
    return null
  }
}

function subjectOf({ person, decision }: { person?: string; decision?: string }): ErasureOrder['subject'] | null {
  if ((person === undefined) === (decision === undefined)) return null
  if (decision !== undefined)
    return guid.test(decision) ? { kind: 'decision', decisionId: decision.toLowerCase() } : null
  const [tid = '', oid = '', more] = (person ?? '').toLowerCase().split('/')
  return guid.test(tid) && guid.test(oid) && more === undefined ? { kind: 'person', tid, oid } : null
}

async function erase(steward: Steward, order: ErasureOrder): Promise<ErasureResult> {
  const result = await runErasure(steward, order)
  if (result.status !== 'hold') await sweepOrphans(steward)
  return result
}

function describe(plan: ErasurePlan, result: ErasureResult | null): string {
  const { decisions, openings, approvals, recordings, holds } = plan
  const lines = [
    `${decisions} decisions in the book; still there: ${openings} openings, ${approvals} approvals, ${recordings} recordings.`,
    ...holds.map((id) => `A legal hold forbids the erasure: ${id}`),
  ]
  if (result === null && holds.length === 0) lines.push('Nothing was changed. Repeat with --yes to erase.')
  if (result?.status === 'nothing') lines.push('There was nothing left to erase.')
  if (result?.status === 'erased') {
    lines.push(
      `Erased, and recorded as ${result.id}: ${result.decisions} decisions can no longer be made again.`,
      `Keep this with the ticket; it is not stored, and shows later what the row is about: salt ${result.salt}`,
    )
  }
  return `${lines.join('\n')}\n`
}

function fail(message: string, code: number): number {
  process.stderr.write(message)
  return code
}
