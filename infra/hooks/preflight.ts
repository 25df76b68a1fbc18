/**
 * Before anything is made (azd: `preprovision`): whether this deployment can succeed, and how to mend what would stop it.
 * It changes nothing. `node infra/hooks/preflight.ts [--json] [--strict]` on Node 22.18 or later, else by tsx.
 */
import { runHook } from './run-hook.ts'

process.exitCode = await runHook(
  {
    name: 'preflight',
    title: 'Before the deployment:',
    flags: [],
    examine: async () => (await import('./preflight/examine.ts')).examinePreflight(process.env),
  },
  process.argv.slice(2),
)
