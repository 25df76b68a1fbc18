/**
 * After the deployment's resources are there (azd: `postprovision`): locks the evidence, where COUNTERSIGN_EVIDENCE_LOCK is
 * `locked`. It is the one hook that changes a resource, since the template cannot, and nobody can take it back.
 * `node infra/hooks/lock.ts [--json] [--dry-run]`.
 */
import { runHook } from './run-hook.ts'

process.exitCode = await runHook(
  {
    name: 'lock',
    title: 'The lock of the evidence:',
    flags: ['--dry-run'],
    examine: async (flags) => (await import('./lock/examine.ts')).examineLock(flags),
  },
  process.argv.slice(2),
)
