import type { Invocation, Understood } from './ports.ts'

/**
 * Names of at most four plain parts, and those that the deployment lists; what a caller could put between quotes (an
 * address, a text) stays out of rows.
 */
const plainName = /^[a-z_][a-z0-9_$]{0,62}(\.[a-z_][a-z0-9_$]{0,62}){0,3}$/

/** What rows name of a call's objects, sorted; `(quoted)` for each name that they do not show. */
export function objectNames(
  { invocation, understood }: { readonly invocation?: Invocation; readonly understood?: Understood },
  which: 'reads' | 'writes',
): readonly string[] {
  const listed = invocation?.backend.objects ?? []
  const isKnown = (name: string) => listed.includes(name) || plainName.test(name)
  return [...new Set((understood?.[which] ?? []).map((name) => (isKnown(name) ? name : '(quoted)')))].sort()
}
