import { loadCedar } from '../../../shared/policy/cedar.ts'
import { lintSet } from '../../../shared/policy/lint.ts'
import { createPolicy } from '../../../shared/policy/policy.ts'
import { parseAll, readOptions } from './folder.ts'

const dayMs = 86_400_000

/** `policy lint`: everything that the loader refuses, and what is legal and hardly meant. Exit code 1 for either. */
export async function lintFolder(folder: string, shadowDays: number): Promise<number> {
  const language = await loadCedar()
  const options = await readOptions(folder)
  const { rules, policyDigest } = createPolicy(language, options)
  const findings = lintSet({
    policies: parseAll(language, options.policies),
    rules,
    groups: Object.keys(options.groups),
    actionGroups: language.actionGroups(options.schema),
    watchedSince: new Date(Date.now() - shadowDays * dayMs).toISOString().slice(0, 10),
  })
  for (const { code, of, says } of findings) process.stdout.write(`${code} ${of}: ${says}\n`)
  if (findings.length > 0) return 1
  process.stdout.write(`${rules.length} policies are well, digest ${policyDigest}\n`)
  return 0
}
