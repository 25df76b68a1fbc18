import { readdir, readFile } from 'node:fs/promises'
import { type ParseArgsConfig, parseArgs } from 'node:util'
import { type BundleReport, verifyBundle } from '../../../shared/audit/verify-bundle.ts'
import type { PinnedKey } from '../../../shared/audit/verify-bundle-files.ts'
import { openBundleFolder } from './bundle-folder.ts'

const usage =
  'usage: npm run --silent audit:verify -- --bundle DIR [--key FILE | --fingerprint HEX] [--since CHECKPOINT]... [--decision ID] [--json]\n'
const options = {
  bundle: { type: 'string' },
  key: { type: 'string' },
  fingerprint: { type: 'string' },
  since: { type: 'string', multiple: true },
  decision: { type: 'string' },
  json: { type: 'boolean' },
} satisfies ParseArgsConfig['options']
const exitCodes: Readonly<Record<BundleReport['verdict'], number>> = {
  PASS: 0,
  FAIL: 1,
  'PASS WITH EXCEPTIONS': 2,
  INCOMPLETE: 3,
}
const shown = 50

/** Verifies an exported bundle: no stack, no network. Exit code 0 PASS, 1 FAIL, 2 exceptions, 3 INCOMPLETE, 64 wrong use. */
export async function verifyFolder(args: readonly string[]): Promise<number> {
  try {
    const { values } = parseArgs({ args: [...args], options })
    const { bundle = '', decision, json } = values
    await requireFolder(bundle)
    const pinned: PinnedKey = {
      key: values.key === undefined ? undefined : await readFile(values.key),
      fingerprint: values.fingerprint,
    }
    const since = await Promise.all((values.since ?? []).map((path) => readFile(path, 'utf8')))
    const report = await verifyBundle({ files: openBundleFolder(bundle), pinned, since, decision })
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : describeBundle(report))
    return exitCodes[report.verdict]
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : 'failed'}\n${usage}`)
    return 64
  }
}

/** A path that was mistyped is no bundle that fails. */
async function requireFolder(path: string): Promise<void> {
  try {
    await readdir(path)
  } catch {
    throw new Error(`${path} is no folder`)
  }
}

const meanings: Readonly<Record<BundleReport['notes'][number], string>> = {
  key_not_pinned:
    'key_not_pinned: judged by the key that came with it, which whoever forged it could have made. Pin one by --key or --fingerprint.',
  no_anchors: 'no_anchors: nothing in it is signed.',
  since_not_checked:
    "since_not_checked: one decision's proof holds no log that an earlier checkpoint could be compared with.",
  no_rows_verified: 'no_rows_verified: no row was verified.',
}

/** The report in words. */
export function describeBundle({ verdict, counts, scope, key, anchoredUpTo, findings, notes }: BundleReport): string {
  const claim =
    scope &&
    `Claims: ${scope.decision ? `decision ${scope.decision} of ` : ''}${scope.origin}, ${scope.from} to ${scope.to}`
  const lines = [
    verdict,
    ...(claim === null ? [] : [claim]),
    `${counts.verified} of ${counts.rows} rows verified in ${counts.segments} segments: ${counts.intents} intents, ${counts.outcomes} outcomes.`,
    ...(counts.notAnchored > 0
      ? [`${counts.notAnchored} rows are above the newest anchor: nobody vouches for them.`]
      : []),
    ...(counts.removed > 0 ? [`${counts.removed} segments were removed after their retention time.`] : []),
    ...(anchoredUpTo
      ? [
          `Anchored up to record ${anchoredUpTo.size}${anchoredUpTo.time ? `, ${anchoredUpTo.time}` : ''}; root ${anchoredUpTo.root}`,
        ]
      : []),
    ...(key === null ? [] : [`Key ${key}`]),
    ...notes.map((note) => meanings[note]),
    ...findings.slice(0, shown).map(({ kind, lane, seq, toSeq, detail }) => {
      return `${kind} ${lane} ${seq}${toSeq === undefined || toSeq === seq ? '' : `-${toSeq}`}: ${detail}`
    }),
    ...(counts.findings > shown ? [`and ${counts.findings - shown} findings more (see --json)`] : []),
  ]
  return `${lines.join('\n')}\n`
}
