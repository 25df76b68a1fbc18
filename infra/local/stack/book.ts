import type { KeyObject } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type RowStore, tableNames } from '../../../shared/audit/store.ts'
import { readStoredChain } from '../../../shared/audit/stored-chain.ts'
import { createTableRows } from '../../../shared/audit/table-rows.ts'
import { createVaultKeys } from '../../../shared/audit/vault-keys.ts'
import { createVaultSigner } from '../../../shared/audit/vault-signer.ts'
import type { ChainSource, VerifyOptions } from '../../../shared/audit/verify.ts'
import { openAnchorLog } from '../../../shared/audit/verify-anchor-log.ts'
import { createWormEvidence, type WormEvidence } from '../../../shared/audit/worm-evidence.ts'
import { createWormReports, type WormStore } from '../../../shared/audit/worm-reports.ts'
import { parseXml } from '../../../shared/upstream/xml-reader.ts'
import type { Site } from '../../operate/site.ts'

/** A book, as a verifier reads it: the stored rows, and the keys by their ids. */
export interface Book {
  readonly source: ChainSource
  readonly keys: VerifyOptions['keys']
  readonly openings: NonNullable<VerifyOptions['openings']>
  /** The anchor log, checked against the key that the vault itself gives; null where nothing was sealed yet. */
  readonly anchors: NonNullable<VerifyOptions['anchors']>
  readonly evidence: WormEvidence
  readonly reports: WormStore
  readonly rows: RowStore
  /** The key by which anchors are signed, as the vault gives it. */
  readonly publicKey: () => Promise<KeyObject>
}

/** Opens the book of a site. Of a running stack only in a process that was started with its authority and proxy. */
export function openBook(site: Site): Book {
  const { table, ...account } = site.tables
  const rows = createTableRows({ ...account, names: tableNames(table), timeout: 30_000 })
  const credential = site.signIn('verifier')
  const vault = createVaultKeys({ url: site.vault, credential, clock: Date.now })
  const signer = createVaultSigner({ url: site.vault, credential, name: site.evidence.signingKey })
  const blobs = { url: site.blobs, credential, parseXml }
  const evidence = createWormEvidence({ ...blobs, container: site.evidence.container })
  const reports = createWormReports({ ...blobs, container: site.evidence.reports })
  const { origin } = site
  const anchors = async () => {
    const note = await evidence.readCheckpoint()
    if (note === null) return null
    return openAnchorLog({ lines: await evidence.readLines(), note, origin, publicKey: await signer.publicKey() })
  }
  const openings = (partition: string, id: string) => rows.read('pii', partition, id)
  return {
    source: readStoredChain(rows),
    keys: vault.find,
    openings,
    anchors,
    evidence,
    reports,
    rows,
    publicKey: signer.publicKey,
  }
}

/** The stack seals every few seconds: what was started just now may have no checkpoint yet. Waits half a minute at most. */
export async function untilSealed({ evidence }: Pick<Book, 'evidence'>): Promise<void> {
  for (let look = 0; look < 120 && (await evidence.readCheckpoint()) === null; look++) await sleep(250)
}
