import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { sealBatch } from '../../shared/audit/batch.ts'
import { genesisDigest } from '../../shared/audit/chain.ts'
import { commitBatch } from '../../shared/audit/commit.ts'
import { draftIntent } from '../../shared/audit/document.ts'
import { sealRow } from '../../shared/audit/entity.ts'
import { claimLane, type Lane, type LaneContext } from '../../shared/audit/lane.ts'
import { laneName } from '../../shared/audit/segment.ts'
import type { RowStore } from '../../shared/audit/store.ts'
import { key, kid, openWriter, origin, permitted } from '../unit/audit/fixture.ts'
import { freshName } from './fresh-tables.ts'
import { quantile, runConcurrently } from './rounds.ts'

/** Something that makes rows durable: resolves when the row is, `index` spreads over its lanes. */
export interface Appending {
  readonly append: (decisionId: string, index: number) => Promise<unknown>
  readonly close: () => Promise<unknown>
}

export interface Taken {
  readonly rowsPerSecond: number
  /** Milliseconds from asking to durable. */
  readonly p99: number
}

export interface Load {
  readonly rows: number
  /** Appends at once. */
  readonly width: number
}

/** Appends so many rows, so many at once, and closes. */
export async function measureAppends({ append, close }: Appending, { rows, width }: Load): Promise<Taken> {
  const waits: number[] = []
  for (let index = 0; index < 8; index++) await append(`before the clock ${index}`, index)
  const begin = performance.now()
  await runConcurrently({ total: rows, width }, async (index) => {
    const asked = performance.now()
    await append(`decision-${index}`, index)
    waits.push(performance.now() - asked)
  })
  const seconds = (performance.now() - begin) / 1e3
  await close()
  return { rowsPerSecond: rows / seconds, p99: quantile(waits, 0.99) }
}

/** The product's writers, one a lane. */
export function openGroups(rows: RowStore, lanes = 1): Appending {
  // The deadline of a call is no part of this: a machine that is busy must not turn rows into refusals.
  const writers = Array.from({ length: lanes }, () => openWriter(rows, { limits: { deadline: 60_000 } }))
  return {
    append: (id, index) => (writers[index % lanes] as (typeof writers)[number]).recordPermitted(permitted(id)),
    close: () => Promise.all(writers.map((writer) => writer.close())),
  }
}

/** The same rows and heads by the same functions; one in a transaction, one transaction after the other in each lane. */
export async function openSingles(rows: RowStore, lanes = 1): Promise<Appending> {
  const chains: ((decisionId: string) => Promise<void>)[] = []
  for (let number = 0; number < lanes; number++) chains.push(await openChain(rows, `bench-${number}`))
  return {
    append: (id, index) => (chains[index % lanes] as (typeof chains)[number])(id),
    close: async () => undefined,
  }
}

async function openChain(rows: RowStore, owner: string): Promise<(decisionId: string) => Promise<void>> {
  const pacing = { clock: Date.now, random: randomBytes, wait: async () => undefined }
  const context: LaneContext = { rows, pacing, origin, owner }
  let lane: Lane = await claimLane(context, [{ kid, key }], new Set())
  let last: Promise<void> = Promise.resolve()

  async function commitOne(decisionId: string): Promise<void> {
    const drafts = [draftIntent(permitted(decisionId), {})]
    const batch = sealBatch(context, { lane, key: { kid, key }, drafts })
    const fate = await commitBatch(rows, batch, async (attempt) => attempt === 0)
    if (fate.fate !== 'committed' || fate.etag === null) throw new Error(`the row was not committed: ${fate.fate}`)
    lane = { ...lane, head: batch.next, etag: fate.etag }
  }

  return (id) => {
    last = last.then(() => commitOne(id))
    return last
  }
}

const mostConnections = 64

/**
 * A chain in PostgreSQL: each row in a transaction that locks the one row of its chain's head, computes the HMAC in this
 * process and inserts. As many connections as appends at once, up to 64.
 */
export async function openPostgresChain(
  place: { readonly host: string; readonly user: string; readonly database: string },
  { lanes, width }: { readonly lanes: number; readonly width: number },
): Promise<Appending> {
  const pool = new pg.Pool({ ...place, max: Math.min(width, mostConnections) })
  const table = freshName()
  await pool.query(
    `CREATE TABLE ${table} (lane text, seq bigint, content bytea, prev bytea, mac bytea, kid text, kind text,
       decision text, tenant text, verdict text, PRIMARY KEY (lane, seq));
     CREATE TABLE ${table}_head (lane text PRIMARY KEY, seq bigint, mac bytea)`,
  )
  for (let number = 0; number < lanes; number++) {
    const genesis = genesisDigest({ origin, lane: laneName(number + 1), nonce: 'bench' })
    await pool.query(`INSERT INTO ${table}_head VALUES ($1, 0, $2)`, [laneName(number + 1), genesis])
  }
  return {
    append: (id, index) => appendLocked(pool, { table, lane: laneName((index % lanes) + 1) }, id),
    close: () => pool.end(),
  }
}

async function appendLocked(pool: pg.Pool, { table, lane }: { table: string; lane: string }, id: string) {
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    const head = { name: 'head', text: `SELECT seq, mac FROM ${table}_head WHERE lane = $1 FOR UPDATE`, values: [lane] }
    const { seq, mac: prev } = (await client.query<{ seq: string; mac: Buffer }>(head)).rows[0] ?? {
      seq: '',
      mac: none,
    }
    const place = { origin, lane, segment: 1, seq: Number(seq), kid, time: new Date().toISOString() }
    const { entity, mac } = sealRow(draftIntent(permitted(id), {}), place, { prev, key })
    const { c, kind, decisionId, tenant, verdict } = entity.properties
    await client.query({
      name: 'row',
      text: `INSERT INTO ${table} VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      values: [lane, seq, c, prev, mac, kid, kind, decisionId, tenant, verdict],
    })
    const moved = `UPDATE ${table}_head SET seq = seq + 1, mac = $2 WHERE lane = $1`
    await client.query({ name: 'move', text: moved, values: [lane, mac] })
    await client.query('COMMIT')
  } finally {
    client.release()
  }
}

const none = Buffer.alloc(0)
