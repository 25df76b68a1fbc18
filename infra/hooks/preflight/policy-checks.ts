import { fileURLToPath } from 'node:url'
import { loadFolder } from '../../local/policy/folder.ts'
import { readTables, runCoverage, runNevers, runScenarios } from '../../policy/tables.ts'
import { type Finding, ok, wrong } from '../finding.ts'

const shipped = fileURLToPath(new URL('../../policy', import.meta.url))
const place = { subject: 'policy', check: 'tests' }

/** Decides every line of the policy's own tables, as `npm run policy -- test` does. */
export async function checkPolicy(folder = shipped): Promise<readonly Finding[]> {
  try {
    const policy = await loadFolder(folder)
    const { scenarios, nevers } = await readTables(`${folder}/tests`)
    const reports = [runScenarios(policy, scenarios), runNevers(policy, nevers), runCoverage(policy, scenarios)]
    const failed = reports.flatMap(({ failures }) => failures).map(({ name }) => name)
    const passed = reports.reduce((sum, report) => sum + report.passed, 0)
    if (failed.length === 0) return [ok(place, `${passed} passed`)]
    return [say('policy_tests_failed', `${failed.length} failed, the first: ${failed[0]}`)]
  } catch (error) {
    return [say('policy_unreadable', error instanceof Error ? error.message : String(error))]
  }
}

function say(code: string, detail: string): Finding {
  return wrong(place, { code, detail, next: 'npm run policy -- test and npm run policy -- lint say where.' })
}
