/** Processes that write one book at once, some of which are killed in the middle and replaced. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Lease, listLeases } from '../../../shared/audit/lease.ts'
import type { RowStore } from '../../../shared/audit/store.ts'
import { openRows } from '../../fault/audit-azurite.ts'
import { createChance } from '../isolation/random.ts'
import type { MemberOptions, Noted } from './member.ts'

export interface FleetOptions {
  readonly port: number
  readonly processes: number
  readonly ms: number
  /** How many are killed on the way, each replaced at once. */
  readonly kills: number
  readonly leaseMs: number
  readonly segmentRows: number
  readonly seed: number
}

export interface FleetRun {
  readonly rows: RowStore
  readonly noted: readonly Noted[]
  readonly killed: ReadonlySet<string>
  /** Every state of the lanes' leases that was seen, with when. */
  readonly leases: readonly Seen[]
  /** Exit codes of those that ended in order. */
  readonly codes: readonly (number | null)[]
}

export interface Seen {
  readonly at: number
  readonly lease: Lease
}

interface Member {
  readonly name: string
  readonly child: ChildProcess
}

const script = fileURLToPath(new URL('./member.ts', import.meta.url))
const atOnce = 16
/** A verifier has time. */
const readMs = 30_000

/** Runs a fleet to its end and gives all that was seen of it. */
export async function runFleet(options: FleetOptions): Promise<FleetRun> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-fleet-'))
  const log = join(folder, 'receipts')
  const prefix = `fleet${Date.now().toString(36)}`
  const { port, leaseMs, segmentRows } = options
  const start = (name: string) => startMember({ name, port, prefix, log, atOnce, leaseMs, segmentRows })
  // Somebody has to make the tables.
  const rows = openRows(port, prefix, readMs)
  for await (const _page of rows.list('meta')) break
  const members = await Promise.all(Array.from({ length: options.processes }, (_, index) => start(`p${index}`)))
  const watching = watchLeases(rows)
  try {
    const killed = await killSome(members, start, options)
    const codes = await Promise.all(members.map(endMember))
    return { rows, noted: readNoted(log), killed, leases: await watching.end(), codes }
  } finally {
    for (const { child } of members) child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}

async function startMember(options: MemberOptions): Promise<Member> {
  const args = ['--import', import.meta.resolve('tsx'), script, JSON.stringify(options)]
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
  return { name: options.name, child }
}

async function killSome(members: Member[], start: (name: string) => Promise<Member>, options: FleetOptions) {
  const chance = createChance(options.seed)
  const killed = new Set<string>()
  const end = Date.now() + options.ms
  for (let turn = 0; turn < options.kills; turn += 1) {
    await sleep((options.ms / (options.kills + 1)) * (0.6 + 0.4 * chance.next()))
    const index = chance.below(members.length)
    const victim = members[index]
    if (victim === undefined) break
    victim.child.kill('SIGKILL')
    killed.add(victim.name)
    members[index] = await start(`r${turn}`)
  }
  await sleep(Math.max(0, end - Date.now()))
  return killed
}

async function endMember({ child }: Member): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode
  child.kill('SIGTERM')
  const [code] = await once(child, 'exit')
  return code as number | null
}

const watchEveryMs = 100

function watchLeases(rows: RowStore) {
  const seen: Seen[] = []
  let isOver = false
  const watch = async () => {
    while (!isOver) {
      const found = await listLeases(rows).catch(() => [])
      const at = Date.now()
      for (const lease of found) seen.push({ at, lease })
      await sleep(watchEveryMs)
    }
  }
  const watching = watch()
  return {
    end: async () => {
      isOver = true
      await watching
      return seen
    },
  }
}

function readNoted(log: string): Noted[] {
  const lines = readFileSync(log, 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Noted)
}
