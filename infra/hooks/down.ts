/**
 * Around `azd down` (azd: `predown` and `postdown`): says what stays and why, and once the gateway is gone removes the
 * registrations that the deployment made. It asks nothing. `node infra/hooks/down.ts [--dry-run] [--json]`.
 */
import { runHook } from './run-hook.ts'

process.exitCode = await runHook(
  {
    name: 'down',
    title: 'Taking the deployment down:',
    flags: ['--dry-run'],
    examine: async (flags) => (await import('./down/examine.ts')).examineDown(flags),
  },
  process.argv.slice(2),
)
