import { hash, randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Rotation, rotateKey } from '../../../shared/audit/key-rotation.ts'
import type { RowStore } from '../../../shared/audit/store.ts'
import { readStoredChain } from '../../../shared/audit/stored-chain.ts'
import { createVaultMonths } from '../../../shared/audit/vault-months.ts'
import { type VerifyReport, verifyChain } from '../../../shared/audit/verify.ts'
import { createAuditWriter } from '../../../shared/audit/writer.ts'
import { findSite, nowhere, type Site } from '../../operate/site.ts'
import { type Book, openBook } from '../stack/book.ts'
import { overlayRows } from '../stack/overlay-rows.ts'
import { openSteward, type Steward } from '../stack/steward.ts'

const usage = `usage: npm run audit:rotate -- --ticket TEXT [--wait]
Puts a new key in force now, retires the old one, and shows that a row under it would be found. --wait: until a writer uses it.
`
const waitMs = 7 * 60_000

/** `npm run audit:rotate`: the drill of an emergency rotation; exit code 0, or 1 where the book does not verify as it must. */
export async function run(args: readonly string[]): Promise<number> {
  const asked = parse(args)
  if (asked === null) return fail(usage, 64)
  const site = findSite()
  if (site === null) return fail(nowhere, 69)
  const steward = openSteward(site)
  try {
    return await drill({ site, steward, book: openBook(site) }, asked)
  } finally {
    await steward.close()
  }
}

interface Parts {
  readonly site: Site
  readonly steward: Steward
  readonly book: Book
}

interface Asked {
  readonly ticket: string
  readonly isWaiting: boolean
}

function parse(args: readonly string[]): Asked | null {
  try {
    const options = { ticket: { type: 'string' }, wait: { type: 'boolean', default: false } } as const
    const { ticket = '', wait } = parseArgs({ args: [...args], options }).values
    return ticket === '' ? null : { ticket: hash('sha256', ticket, 'hex'), isWaiting: wait }
  } catch {
    return null
  }
}

async function drill(parts: Parts, { ticket, isWaiting }: Asked): Promise<number> {
  const { site, steward } = parts
  if (!(await isSound('before', parts, steward.rows))) return 1
  const desk = createVaultMonths({ url: site.vault, credential: site.signIn('keymaker') })
  const rotation = await rotateKey({ desk, now: Date.now(), random: randomBytes, ticket })
  say(`in force: ${rotation.to}; retires at ${rotation.retiredAt}: ${rotation.from.join(', ')}`)
  say('writers take it up within five minutes, each with a keychange row')
  await steward.audit.recordEvent({ kind: 'heartbeat', detail: { rotation: rotation.to } })
  if (isWaiting && !(await waitForWriter(steward.rows, rotation.to))) return fail('no writer took it up\n', 1)
  if (!(await isSound('after', parts, steward.rows))) return 1
  return (await isForgeryFound(parts, rotation)) ? 0 : fail('a row under the retired key was not found\n', 1)
}

async function isSound(when: string, { book }: Parts, rows: RowStore): Promise<boolean> {
  const { verdict, counts } = await verify(book, rows, Date.now())
  say(`${when}: ${verdict}, ${counts.verified} of ${counts.rows} rows verified`)
  return verdict === 'PASS' || verdict === 'PASS WITH EXCEPTIONS'
}

function verify({ keys }: Book, rows: RowStore, now: number): Promise<VerifyReport> {
  return verifyChain({ source: readStoredChain(rows), keys, now })
}

async function waitForWriter(rows: RowStore, kid: string): Promise<boolean> {
  for (const until = Date.now() + waitMs; Date.now() < until; await sleep(5000)) {
    for await (const page of rows.list('rows')) {
      const isUsed = page.some(({ properties }) => properties.kind === 'keychange' && isTo(properties.c, kid))
      if (isUsed) return true
    }
  }
  return false
}

function isTo(content: unknown, kid: string): boolean {
  return content instanceof Uint8Array && Buffer.from(content).toString('utf8').includes(`"to":"${kid}"`)
}

/** Somebody who kept the old key writes a row a minute after it retired: into a copy, which is then verified. */
async function isForgeryFound({ site, book, steward }: Parts, { from, retiredAt }: Rotation): Promise<boolean> {
  const kid = from.at(-1) ?? ''
  const stolen = await book.keys(kid)
  if (stolen === null) return false
  const copy = overlayRows(steward.rows)
  const later = Date.parse(retiredAt) + 60_000
  const forger = createAuditWriter({
    ...{ rows: copy, random: randomBytes, origin: site.origin },
    ...{ clock: () => later, keys: { current: async () => ({ kid, key: stolen.key }) } },
  })
  await forger.recordEvent({ kind: 'heartbeat', detail: { forged: true } })
  const { findings } = await verify(book, copy, later)
  for (const { kind, lane, seq } of findings) say(`in a copy with a row under the old key: ${kind} ${lane} ${seq}`)
  return findings.some(({ kind }) => kind === 'retired_key')
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function fail(message: string, code: number): number {
  process.stderr.write(message)
  return code
}
