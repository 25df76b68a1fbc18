import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type Finding, ok, wrong } from '../finding.ts'

/** The first azd that runs hooks in TypeScript (it calls `npx tsx`). */
const leastAzd = [1, 24, 0] as const
const leastNode = [20, 19, 0] as const
const toolMs = 20_000

/** Versions of Node and azd. */
export async function checkTools(): Promise<readonly Finding[]> {
  return [checkNode(process.versions.node), await checkAzd()]
}

/** Whether this version of Node can run the hooks and the build. */
export function checkNode(version: string): Finding {
  const place = { subject: 'tools', check: 'node' }
  if (isAtLeast(version, leastNode)) return ok(place, version)
  const next = 'Install Node 22 or 24: https://nodejs.org'
  return wrong(place, { code: 'node_too_old', detail: `${version}, needed ${leastNode.join('.')}`, next })
}

async function checkAzd(): Promise<Finding> {
  const place = { subject: 'tools', check: 'azd' }
  const version = await readAzdVersion()
  if (version === null) {
    const next = 'Install the Azure Developer CLI: https://aka.ms/azd-install'
    return wrong(place, { code: 'azd_missing', detail: 'azd is not on the path, or does not answer', next })
  }
  if (isAtLeast(version, leastAzd)) return ok(place, version)
  const detail = `${version}, needed ${leastAzd.join('.')}`
  return wrong(place, { code: 'azd_too_old', detail, next: 'Update it: https://aka.ms/azd-install' })
}

async function readAzdVersion(): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('azd', ['version', '--output', 'json'], { timeout: toolMs })
    return /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? null
  } catch {
    return null
  }
}

function isAtLeast(version: string, least: readonly number[]): boolean {
  const parts = version.split(/[.-]/).map(Number)
  for (const [at, wanted] of least.entries()) {
    const given = parts[at] ?? 0
    if (given !== wanted) return given > wanted
  }
  return true
}
