import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSealerMemory, runSealer, type SealerMemory, type SealerRun } from '../../shared/audit/sealer.ts'
import { type RowStore, tableNames } from '../../shared/audit/store.ts'
import { readStoredChain } from '../../shared/audit/stored-chain.ts'
import { createTableRows } from '../../shared/audit/table-rows.ts'
import { verifyChain } from '../../shared/audit/verify.ts'
import { openAnchorLog } from '../../shared/audit/verify-anchor-log.ts'
import { createWormEvidence } from '../../shared/audit/worm-evidence.ts'
import { connectionStringOf, startTableServer, type TableServer } from '../fault/audit-azurite.ts'
import { heartbeat, key, kid, openWriter, origin, recordCall } from '../unit/audit/fixture.ts'
import { logKey, signWith } from '../unit/audit/memory-anchors.ts'
import { type EvidenceWorld, openEvidenceWorld } from './evidence-account.ts'
import {
  createExchanges,
  type Exchanges,
  type SealerFailure,
  type SealerFault,
  sealerFailures,
  startTableProxy,
  type TableProxy,
  wrapClient,
  wrapSigner,
} from './sealer-exchanges.ts'

const locked = { state: 'Locked', days: 400, allowProtectedAppendWrites: true } as const
const mostCases = 400
const containers = Array.from({ length: mostCases }, (_, index) => `log-${index}`)
const findKey = async (id: string) => (id === kid ? { key } : null)
const names = tableNames('sealed')

interface Site {
  readonly server: TableServer
  readonly proxy: TableProxy
  readonly world: EvidenceWorld
  readonly rows: RowStore
}

interface Case {
  readonly fault: SealerFault
  readonly what: string
}

/**
 * Lets one exchange of a run of the sealer fail, then runs it again, as the same process or as its successor. `selection`
 * takes exchanges and failures.
 */
export function describeSealerFaults(selection: (what: string, failure: SealerFailure) => boolean): void {
  let site: Site
  let used = 0
  const next = () => containers[used++] ?? ''

  beforeAll(async () => {
    const policies = Object.fromEntries(containers.map((name) => [name, locked]))
    const [server, world] = await Promise.all([startTableServer(), openEvidenceWorld(policies)])
    const proxy = await startTableProxy(server.port)
    site = { server, proxy, world, rows: openRows(proxy.port) }
    await writeBook(openRows(server.port))
  }, 60_000)
  afterAll(async () => {
    await site.proxy.stop()
    await Promise.all([site.server.stop(), site.world.stop()])
  })

  describe('a sealer whose exchange fails', () => {
    it('anchors everything once in its next run, whichever exchange it was and whatever befell it', async () => {
      // The first use of the tables' client makes them: that is no part of a run.
      await runOnce(site, { container: next(), fault: null, memory: createSealerMemory() })
      const container = next()
      const clean = await runOnce(site, { container, fault: null, memory: createSealerMemory() })
      const faults = clean.exchanges.seen.flatMap((what, at): Case[] =>
        sealerFailures
          .filter((failure) => selection(what, failure))
          .map((failure) => ({ fault: { at, failure }, what })),
      )
      expect(faults.length).toBeGreaterThan(10)
      const wrong: string[] = []
      for (const { fault, what } of faults) {
        const found = await tryOne(site, next(), fault)
        wrong.push(...found.map((fact) => `${what}, ${fault.failure}: ${fact}`))
      }
      expect(wrong).toEqual([])
    }, 600_000)
  })
}

function openRows(port: number): RowStore {
  const account = { connectionString: connectionStringOf(port) }
  return createTableRows({ account, names, create: true, allowInsecure: true, timeout: 10_000 })
}

/** L01 with a closed and an open segment, L02 with an open one. */
async function writeBook(rows: RowStore): Promise<void> {
  const one = openWriter(rows, { limits: { segmentRows: 9, deadline: 60_000 } })
  for (let index = 0; index < 6; index++) await recordCall(one, `d${index}`)
  await one.recordEvent(heartbeat)
  const two = openWriter(rows, { limits: { deadline: 60_000 } })
  await recordCall(two, 'e0')
  await Promise.all([one.close(), two.close()])
}

interface Running {
  readonly container: string
  readonly fault: SealerFault | null
  readonly memory: SealerMemory
}

interface Ran {
  readonly exchanges: Exchanges
  /** What it returned; `dead` where it was killed, the error where it rejected. */
  readonly end: SealerRun | 'dead' | Error
}

async function runOnce({ world, proxy, rows }: Site, { container, fault, memory }: Running): Promise<Ran> {
  const exchanges = createExchanges(fault)
  proxy.watch(exchanges)
  const account = world.as('sealer', container)
  const store = createWormEvidence({ ...account, client: wrapClient(world.client, exchanges) })
  const run = runSealer({
    ...{ rows, keys: findKey, store, publicKey: logKey.publicKey, origin, memory, clock: Date.now },
    sign: wrapSigner(signWith(logKey), exchanges),
  }).catch((cause: Error) => cause)
  return { exchanges, end: await Promise.race([run, exchanges.dead]) }
}

/** What does not hold afterwards; nothing where all is well. */
async function tryOne(site: Site, container: string, fault: SealerFault): Promise<string[]> {
  const memory = createSealerMemory()
  const broken = await runOnce(site, { container, fault, memory })
  if (broken.exchanges.seen.length <= fault.at) return ['the exchange did not happen']
  // A killed process takes what it knew with it.
  const isKilled = fault.failure.startsWith('killed')
  if (fault.at % 2 === 0) await broken.exchanges.deliver()
  const after = await runOnce(site, { container, fault: null, memory: isKilled ? createSealerMemory() : memory })
  await broken.exchanges.deliver()
  const last = await runOnce(site, { container, fault: null, memory: createSealerMemory() })
  const ends = [after, last].flatMap(({ end }) => (end instanceof Error ? [`it went on failing: ${end.message}`] : []))
  return [...ends, ...(await judge(site, container))]
}

async function judge({ world, server }: Site, container: string): Promise<string[]> {
  const evidence = createWormEvidence(world.as('verifier', container))
  const [lines, note] = [await evidence.readLines(), await evidence.readCheckpoint()]
  const opened = openAnchorLog({ lines, note: note ?? '', origin, publicKey: logKey.publicKey })
  if (!opened.ok) return [`the log is not right: ${opened.fault}`]
  const { checkpoint, records, seals } = opened.book
  const once = records.flatMap((record) => {
    if (record.kind === 'heads') return record.heads.map(({ lane, nextSeq }) => `head ${lane} ${nextSeq}`)
    if (record.kind === 'seal') return [`seal ${record.seal.lane} ${record.seal.segment}`]
    return [`${record.kind} ${JSON.stringify(record).replace(/"(?:index|time)":("[^"]*"|\d+),?/g, '')}`]
  })
  const copies = await Promise.all([...seals.keys()].map((name) => evidence.readSegment(name)))
  const report = await verifyChain({
    ...{ source: readStoredChain(openRows(server.port)), keys: findKey, now: Date.now(), requireAnchors: true },
    ...{ anchors: async () => opened, sealed: evidence.readSegment },
  })
  return [
    ...(new Set(once).size === once.length ? [] : [`something is recorded twice: ${once.join(', ')}`]),
    ...(checkpoint.size === lines.length ? [] : ['records are not signed']),
    ...(seals.size === 1 && copies.every((copy) => copy !== null) ? [] : ['the closed segment is not kept']),
    ...(report.counts.notAnchored === 0 ? [] : [`${report.counts.notAnchored} rows are not anchored`]),
    ...(report.verdict === 'PASS'
      ? []
      : [`the book does not verify: ${JSON.stringify(report.findings)} ${report.notes}`]),
  ]
}
