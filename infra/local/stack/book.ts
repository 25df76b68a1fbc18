import type { KeyObject } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { type RowStore, type TokenSource, tableNames } from '../../../shared/audit/store.ts'
import { readStoredChain } from '../../../shared/audit/stored-chain.ts'
import { createTableRows } from '../../../shared/audit/table-rows.ts'
import { createVaultKeys } from '../../../shared/audit/vault-keys.ts'
import { createVaultSigner } from '../../../shared/audit/vault-signer.ts'
import type { ChainSource, VerifyOptions } from '../../../shared/audit/verify.ts'
import { openAnchorLog } from '../../../shared/audit/verify-anchor-log.ts'
import { createWormEvidence, type WormEvidence } from '../../../shared/audit/worm-evidence.ts'
import { createWormReports, type WormStore } from '../../../shared/audit/worm-reports.ts'
import { parseXml } from '../../../shared/upstream/xml-reader.ts'
import type { StackFile } from './local-folder.ts'

const answer = z.object({ token: z.string() })

/** The running stack's book, as a verifier reads it: the stored rows, and the keys by their ids. */
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

/** Opens the book of a running stack. The process must have been started with the stack's authority and proxy. */
export function openBook(stack: StackFile): Book {
  const { connectionString, table } = stack.tables
  const names = tableNames(table)
  const allowInsecure = stack.tables.url.startsWith('http:')
  const rows = createTableRows({ account: { connectionString }, names, timeout: 30_000, allowInsecure })
  const credential = signIn(stack)
  const vault = createVaultKeys({ url: stack.vault, credential, clock: Date.now })
  const signer = createVaultSigner({ url: stack.vault, credential, name: stack.evidence.signingKey })
  const account = { url: stack.blobs.url, credential, parseXml }
  const evidence = createWormEvidence({ ...account, container: stack.evidence.container })
  const reports = createWormReports({ ...account, container: stack.evidence.reports })
  const origin = `countersign/${stack.clientId}`
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

/** Tokens of an identity for the vault, from the sign-in stand-in: one reads secrets, the other makes them. */
export function signIn({ entra }: StackFile, persona: 'verifier' | 'keymaker' = 'verifier'): TokenSource {
  return {
    async getToken(scopes) {
      const aud = [scopes].flat()[0]?.replace(/\/\.default$/, '')
      const response = await fetch(`${entra}/dev/token`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ persona, version: 1, aud }),
      })
      if (!response.ok) throw new Error(`the sign-in stand-in answered ${response.status}`)
      const { token } = answer.parse(await response.json())
      return { token, expiresOnTimestamp: Date.now() + 300_000 }
    },
  }
}
