import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RowDocument } from '../../../shared/audit/record.ts'
import { headKey } from '../../../shared/audit/segment.ts'
import { verifyBundle } from '../../../shared/audit/verify-bundle.ts'
import { joinContent } from '../../../shared/audit/verify-row.ts'
import { createReplay, type ReplayKind, type ReplayReport, replayKinds } from '../../../shared/policy/replay.ts'
import { findSite } from '../../operate/site.ts'
import { openBundleFolder } from '../bundle/bundle-folder.ts'
import { openBook } from '../stack/book.ts'
import { loadFolder } from './folder.ts'

export interface ReplayOrder {
  /** The set in force, and the one that shall take its place. */
  readonly folder: string
  readonly candidate: string
  /** ISO 8601, or so many hours or days: `24h`, `30d`. */
  readonly since: string
  readonly bundle?: string | undefined
  readonly homeTenant?: string | undefined
  /** Kinds of change that end with exit code 2; all unless some are named. */
  readonly failOn: readonly ReplayKind[]
  readonly json: boolean
}

/** `policy replay`: exit code 0 where nothing changes, 2 where something does, 1 where it could not be told. */
export async function replayPast(order: ReplayOrder): Promise<number> {
  const since = readSince(order.since, Date.now())
  const { homeTenant } = order
  const replay = createReplay(await loadFolder(order.folder, homeTenant), await loadFolder(order.candidate, homeTenant))
  const rows = order.bundle === undefined ? readStack() : readBundle(order.bundle)
  for await (const bytes of rows) {
    const row = JSON.parse(Buffer.from(bytes).toString('utf8')) as RowDocument
    if (row.time >= since) replay.take(row)
  }
  const report = replay.report()
  process.stdout.write(order.json ? `${JSON.stringify(report)}\n` : inWords(report))
  return order.failOn.some((kind) => report.counts[kind] > 0) ? 2 : 0
}

/** The kinds that `--fail-on` names; those that are a difference unless any is named. Throws Error for another name. */
export function readFailOn(text: string | undefined): readonly ReplayKind[] {
  if (text === undefined) return replayKinds.filter((kind) => kind !== 'unchanged' && kind !== 'not_reproducible')
  return text.split(',').map((name) => {
    const kind = replayKinds.find((one) => one === name.trim().replaceAll('-', '_'))
    if (kind === undefined) throw new Error(`--fail-on: there is no ${name}; there are ${replayKinds.join(', ')}`)
    return kind
  })
}

function readSince(text: string, now: number): string {
  const [, count, unit] = /^(\d{1,5})([hd])$/.exec(text) ?? []
  const span = Number(count) * (unit === 'h' ? 3_600_000 : 86_400_000)
  const time = count === undefined ? Date.parse(text) : now - span
  if (!Number.isFinite(time)) throw new Error('--since: an ISO date, or so many hours or days (24h, 30d)')
  return new Date(time).toISOString()
}

async function* readStack(): AsyncGenerator<Uint8Array> {
  const site = findSite()
  if (site === null) throw new Error('no stack is running: start one with npm start, name a deployment, or a bundle')
  for await (const page of openBook(site).rows.list('rows'))
    for (const { rowKey, properties } of page) if (rowKey !== headKey) yield joinContent(properties)
}

/** Rows of an exported bundle, once it was verified: what somebody changed is no past decision. */
async function* readBundle(folder: string): AsyncGenerator<Uint8Array> {
  const { verdict } = await verifyBundle({
    files: openBundleFolder(folder),
    pinned: { key: undefined, fingerprint: undefined },
  })
  if (verdict === 'FAIL') throw new Error('the bundle does not verify: see npm run audit:verify -- --bundle')
  for (const name of (await readdir(folder)).filter((one) => /^rows-.*\.ndjson$/.test(one)).sort())
    for (const line of (await readFile(join(folder, name), 'utf8')).split('\n'))
      if (line !== '') yield Buffer.from(line)
}

function inWords({ decisions, verified, counts, groups, shadows }: ReplayReport): string {
  const lines = [
    `${decisions} decisions; ${verified} of them by the set in force, which decides them alike today`,
    ...replayKinds.filter((kind) => counts[kind] > 0).map((kind) => `  ${kind.replaceAll('_', ' ')}: ${counts[kind]}`),
    ...groups
      .filter(({ kind }) => kind !== 'unchanged')
      .map(({ kind, rule, count, examples }) => `${kind} by ${rule}: ${count}, e.g. ${examples.join(', ')}`),
    ...Object.entries(shadows).map(([id, count]) => `only watched, ${id} would have changed ${count}`),
  ]
  return `${lines.join('\n')}\n`
}
