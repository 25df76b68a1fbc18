import { parseArgs } from 'node:util'
import type { HoldOrder } from '../../../shared/audit/holds.ts'
import { liftHold, readHolds, setHold } from '../../../shared/audit/holds.ts'
import { findSite, nowhere } from '../../operate/site.ts'
import { openSteward, type Steward } from '../stack/steward.ts'

const usage = `usage: npm run audit:hold -- list
       npm run audit:hold -- set (all | lane LANE | person TENANT/OBJECT) --ticket TEXT
       npm run audit:hold -- lift ID --ticket TEXT
`

/** `npm run audit:hold`: sets, lifts and lists legal holds; while one is in force nothing it covers is erased or removed. */
export async function run(args: readonly string[]): Promise<number> {
  const order = parse(args)
  if (order === null) return fail(usage, 64)
  const site = findSite()
  if (site === null) return fail(nowhere, 69)
  const steward = openSteward(site)
  try {
    return await order(steward)
  } finally {
    await steward.close()
  }
}

type Order = (steward: Steward) => Promise<number>

function parse(args: readonly string[]): Order | null {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: { ticket: { type: 'string' } },
      allowPositionals: true,
    })
    const [verb, ...rest] = positionals
    const { ticket = '' } = values
    if (verb === 'list' && rest.length === 0) return list
    if (ticket === '') return null
    return verb === 'set' ? parseSet(rest, ticket) : parseLift(positionals, ticket)
  } catch {
    return null
  }
}

function parseSet([scope, name = '']: readonly string[], ticket: string): Order | null {
  const subject = subjectOf(scope, name.trim())
  return subject && ((steward) => set(steward, { subject, ticket }))
}

function subjectOf(scope: string | undefined, name: string): HoldOrder['subject'] | null {
  if (scope === 'all') return { kind: 'all' }
  if (scope === 'lane' && /^L\d{2,}$/.test(name)) return { kind: 'lane', lane: name }
  const [tid, oid] = name.toLowerCase().split('/')
  return scope === 'person' && tid && oid ? { kind: 'person', tid, oid } : null
}

function parseLift([verb, id]: readonly string[], ticket: string): Order | null {
  return verb === 'lift' && id !== undefined ? (steward) => lift(steward, id, ticket) : null
}

async function list({ rows }: Steward): Promise<number> {
  const holds = await readHolds(rows)
  process.stdout.write(`${holds.length} holds in force\n${holds.map(({ id }) => `${id}\n`).join('')}`)
  return 0
}

async function set(steward: Steward, order: HoldOrder): Promise<number> {
  const { id, salt } = await setHold(steward, order)
  process.stdout.write(`${id} is in force. Keep with the ticket: salt ${salt}\n`)
  return 0
}

async function lift(steward: Steward, id: string, ticket: string): Promise<number> {
  if (!(await liftHold(steward, { id, ticket }))) return fail(`there is no hold ${id}\n`, 1)
  process.stdout.write(`${id} is lifted\n`)
  return 0
}

function fail(message: string, code: number): number {
  process.stderr.write(message)
  return code
}
