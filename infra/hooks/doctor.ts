/**
 * After a deployment (azd: `postdeploy`) and at any time: whether it works, and what is left to do. It changes nothing but
 * the book, which gets a row. `node infra/hooks/doctor.ts [--json] [--strict]` on Node 22.18 or later, else by tsx.
 */
import { runHook } from './run-hook.ts'

process.exitCode = await runHook(
  {
    name: 'doctor',
    title: 'The deployment:',
    flags: [],
    examine: async () => (await import('./doctor/examine-deployed.ts')).examineDeployed(process.env),
  },
  process.argv.slice(2),
)
