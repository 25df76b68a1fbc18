import * as z from 'zod'

/** What a role, or all roles of somebody at a place, permit: patterns with `*`. */
export const permissionSchema = z.object({
  actions: z.array(z.string()),
  notActions: z.array(z.string()).default([]),
  dataActions: z.array(z.string()).default([]),
  notDataActions: z.array(z.string()).default([]),
})

export type Permission = z.output<typeof permissionSchema>

/** Whether one of the permissions covers the action; each takes away for itself alone, as Azure judges it. */
export function permits(
  permissions: readonly Permission[],
  action: string,
  kind: 'actions' | 'dataActions' = 'actions',
): boolean {
  const taken = kind === 'actions' ? 'notActions' : 'notDataActions'
  const covers = (pattern: string) => matches(pattern, action)
  return permissions.some((permission) => permission[kind].some(covers) && !permission[taken].some(covers))
}

function matches(pattern: string, action: string): boolean {
  const escaped = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${escaped.join('.*')}$`, 'i').test(action)
}
