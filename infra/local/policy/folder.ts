import { loadCedar, loadPolicy } from '../../../shared/policy/cedar.ts'
import { canonicalJson } from '../../../shared/policy/digest.ts'
import type { PolicyJson, PolicyLanguage } from '../../../shared/policy/language.ts'
import type { PolicyOptions } from '../../../shared/policy/loader.ts'
import type { Policy } from '../../../shared/policy/policy.ts'
import { readPolicyFolder } from '../../../shared/policy/policy-folder.ts'
import { localDirectory } from '../../policy/local-directory.ts'

/** A folder of policies as the embedded stack loads it, or, with a home tenant, under its own groups.json alone. */
export async function readOptions(folder: string, homeTenant?: string): Promise<PolicyOptions> {
  const source = await readPolicyFolder(folder)
  return homeTenant === undefined ? { ...source, ...localDirectory(source.groups) } : { ...source, homeTenant }
}

export async function loadFolder(folder: string, homeTenant?: string): Promise<Policy> {
  return loadPolicy(await readOptions(folder, homeTenant))
}

/** Policies of texts by their ids. */
export function parseAll(language: PolicyLanguage, texts: readonly string[]): Record<string, PolicyJson> {
  const parsed = texts.flatMap((text) => language.parse(text))
  return Object.fromEntries(parsed.map((policy) => [policy.annotations?.id ?? '', policy]))
}

/** What distinguishes two sets, a line for each policy: `+` is new, `-` is gone, `~` says something else. */
export async function diffTexts(before: readonly string[], after: readonly string[]): Promise<readonly string[]> {
  const language = await loadCedar()
  const [old, now] = [parseAll(language, before), parseAll(language, after)]
  const ids = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort()
  const isChanged = (id: string) => canonicalJson(old[id] ?? null) !== canonicalJson(now[id] ?? null)
  return ids
    .filter(isChanged)
    .map((id) => `${signOf(old[id], now[id])} ${id}: ${(now[id] ?? old[id])?.annotations?.title}`)
}

function signOf(before: unknown, after: unknown): string {
  if (before === undefined) return '+'
  return after === undefined ? '-' : '~'
}
