import { z } from 'zod'
import type { TokenSource } from '../../../shared/audit/store.ts'
import { readStoredChain } from '../../../shared/audit/stored-chain.ts'
import { createTableRows } from '../../../shared/audit/table-rows.ts'
import { createVaultKeys } from '../../../shared/audit/vault-keys.ts'
import { type Verdict, type VerifyReport, verifyChain } from '../../../shared/audit/verify.ts'
import { identityPrincipalId } from '../entra/managed-identity.ts'
import { localFolder, readRunningStack, type StackFile } from '../stack/local-folder.ts'

const usage = 'usage: npm run --silent audit:verify -- [--json] [--full] [--require-anchors]\n'
const flags = new Set(['--json', '--full', '--require-anchors'])
const exitCodes: Readonly<Record<Verdict, number>> = { PASS: 0, FAIL: 1, 'PASS WITH EXCEPTIONS': 2, INCOMPLETE: 3 }
const answer = z.object({ token: z.string() })
const shown = 50

/** `npm run audit:verify`: verifies the running stack's book; exit code 0 PASS, 1 FAIL, 2 exceptions, 3 INCOMPLETE. */
export async function run(args: readonly string[]): Promise<number> {
  if (args.includes('--bundle')) return fail('evidence bundles are not available in this version\n')
  if (args.some((arg) => !flags.has(arg))) return fail(usage)
  const stack = readRunningStack(localFolder())
  if (stack === null) return fail('no stack is running: start one with npm start\n', exitCodes.INCOMPLETE)
  const report = await verifyStack(stack, args.includes('--require-anchors'))
  const { verdict, counts, anchoredUpTo, findings, notes } = report
  const json = JSON.stringify({ verdict, counts, anchoredUpTo, findings, notes })
  process.stdout.write(args.includes('--json') ? `${json}\n` : describe(report))
  return exitCodes[verdict]
}

function verifyStack(stack: StackFile, requireAnchors: boolean): Promise<VerifyReport> {
  const { connectionString, table } = stack.tables
  const names = { rows: table, meta: `${table}meta`, pii: `${table}pii` }
  const allowInsecure = stack.tables.url.startsWith('http:')
  const rows = createTableRows({ account: { connectionString }, names, timeout: 30_000, allowInsecure })
  const vault = createVaultKeys({ url: stack.vault, credential: signIn(stack), clock: Date.now })
  return verifyChain({ source: readStoredChain(rows), keys: vault.find, now: Date.now(), requireAnchors })
}

/** A token of the identity that may read the audit keys, from the sign-in stand-in. */
function signIn({ entra }: StackFile): TokenSource {
  return {
    async getToken(scopes) {
      const aud = [scopes].flat()[0]?.replace(/\/\.default$/, '')
      const response = await fetch(`${entra}/dev/token`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ persona: 'robot', version: 1, aud, oid: identityPrincipalId }),
      })
      if (!response.ok) throw new Error(`the sign-in stand-in answered ${response.status}`)
      const { token } = answer.parse(await response.json())
      return { token, expiresOnTimestamp: Date.now() + 300_000 }
    },
  }
}

function describe({ verdict, counts, findings, notes }: VerifyReport): string {
  const lines = [
    verdict,
    `${counts.verified} of ${counts.rows} rows verified in ${counts.lanes} lanes and ${counts.segments} segments:`,
    `${counts.intents} intents, ${counts.outcomes} outcomes, ${counts.events} events, ${counts.open} calls still open.`,
    ...notes,
    ...findings.slice(0, shown).map(({ kind, lane, seq, toSeq, detail }) => {
      return `${kind} ${lane} ${seq}${toSeq === undefined || toSeq === seq ? '' : `-${toSeq}`}: ${detail}`
    }),
    ...(counts.findings > shown ? [`and ${counts.findings - shown} findings more (see --json)`] : []),
    'No row is anchored yet: the keyed chain alone protects them. Whoever holds the key and may write to the store',
    'could rewrite the book, and a copy that was cut off together with its heads would not be noticed.',
  ]
  return `${lines.join('\n')}\n`
}

function fail(message: string, code = 64): number {
  process.stderr.write(message)
  return code
}
