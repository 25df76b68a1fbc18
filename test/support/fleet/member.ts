/**
 * One process of a fleet that writes one book: calls without an end, each receipt noted in a file as it comes. Ends in
 * order at SIGTERM, and at once where its parent is gone. Its one argument is a `MemberOptions` as JSON.
 */
import { openSync, writeSync } from 'node:fs'
import { Problem } from '../../../shared/errors/problem.ts'
import { openRows } from '../../fault/audit-azurite.ts'
import { called, openWriter, permitted } from '../../unit/audit/fixture.ts'

export interface MemberOptions {
  readonly name: string
  readonly port: number
  readonly prefix: string
  /** Takes one line for each receipt and refusal. */
  readonly log: string
  readonly atOnce: number
  readonly leaseMs: number
  readonly segmentRows: number
}

/** What a member noted: where a row stands that it was given a receipt for, or that it was refused one. */
export interface Noted {
  readonly member: string
  readonly decisionId: string
  readonly kind: 'intent' | 'outcome'
  readonly refused?: string
  readonly lane?: string
  readonly segment?: number
  readonly seq?: number
  readonly mac?: string
  /** Epoch milliseconds. */
  readonly at: number
}

const options = JSON.parse(process.argv[2] ?? '') as MemberOptions
const file = openSync(options.log, 'a', 0o600)
// Every table request of eight processes goes to one server on the same two cores.
const patience = { deadline: 15_000, segmentRows: options.segmentRows }
const writer = openWriter(openRows(options.port, options.prefix), { leaseMs: options.leaseMs, limits: patience })
let isEnding = false

type Place = Required<Pick<Noted, 'lane' | 'segment' | 'seq'>> & Pick<Noted, 'mac'>

/** Written before anything else happens: what the kernel has taken outlives the process. */
function note(line: Omit<Noted, 'member' | 'at'>): void {
  writeSync(file, `${JSON.stringify({ member: options.name, ...line, at: Date.now() })}\n`)
}

async function record<T extends Place>(decisionId: string, kind: Noted['kind'], work: Promise<T>): Promise<T | null> {
  try {
    const row = await work
    const { lane, segment, seq, mac } = row
    note({ decisionId, kind, lane, segment, seq, ...(mac === undefined ? {} : { mac }) })
    return row
  } catch (error) {
    note({ decisionId, kind, refused: error instanceof Problem ? error.reason : String(error) })
    return null
  }
}

async function work(lane: number): Promise<void> {
  for (let turn = 0; !isEnding; turn += 1) {
    const decisionId = `${options.name}-${lane}-${turn}`
    const facts = permitted(decisionId, { personal: { inputs: JSON.stringify({ decisionId }) } })
    const intent = await record(decisionId, 'intent', writer.recordPermitted(facts))
    if (intent !== null) await record(decisionId, 'outcome', writer.recordOutcome(intent, called()))
  }
}

process.on('SIGTERM', () => {
  isEnding = true
})
process.stdin.on('end', () => process.exit(2)).resume()
process.stdout.write('ready\n')
await Promise.all(Array.from({ length: options.atOnce }, (_, index) => work(index)))
await writer.close()
process.exit(0)
