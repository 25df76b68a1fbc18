import { type Finding, wrong } from './finding.ts'
import { describe, exitCodeOf, scrub } from './report.ts'

/** Flags that were given. */
export type Flags = ReadonlySet<string>

/** A hook of azd, which runs by hand too. */
export interface Hook {
  readonly name: string
  readonly title: string
  /** Flags beside `--json` and `--strict`. */
  readonly flags: readonly string[]
  /** Imports what it needs itself: where packages are missing, that has to be said and cannot be, once imports are bound. */
  readonly examine: (flags: Flags) => Promise<readonly Finding[]>
}

const common = ['--json', '--strict']

/** Runs a hook's checks and prints what they found; the exit code: 0, 1 where something is wrong, 64 for wrong words. */
export async function runHook(hook: Hook, args: readonly string[]): Promise<number> {
  const known = [...common, ...hook.flags]
  const unknown = args.filter((arg) => !known.includes(arg))
  if (unknown.length > 0) {
    process.stderr.write(`usage: ${hook.name} ${known.map((flag) => `[${flag}]`).join(' ')}\n`)
    return 64
  }
  const flags = new Set(args)
  const findings = await hook.examine(flags).catch((error: unknown) => [failure(hook, error)])
  process.stdout.write(flags.has('--json') ? `${scrub(JSON.stringify(findings))}\n` : describe(hook.title, findings))
  return exitCodeOf(findings, flags.has('--strict'))
}

/** What no check foresaw: named, and never with the place in our code. */
function failure({ name }: Hook, error: unknown): Finding {
  const place = { subject: 'hook', check: name }
  if (isUninstalled(error)) return wrong(place, uninstalled)
  const detail = error instanceof Error ? error.message : String(error)
  return wrong(place, {
    code: 'hook_failed',
    detail,
    next: 'If the sentence does not say what to mend, run it again with --json and report it.',
  })
}

/** A package that is not there, and no file of ours. */
function isUninstalled(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND' &&
    /package '/.test(error.message)
  )
}

const uninstalled = { code: 'packages_missing', detail: 'node_modules', next: 'npm ci, in the folder of azure.yaml.' }
