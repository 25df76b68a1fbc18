import { scopeOf } from '../../../shared/backend/configured.ts'
import { endpointOf, type Permission } from '../../../shared/backend/define.ts'
import { questionOf, type Subject } from './address-checks.ts'
import type { Directory, Grant, KnownApi } from './directory.ts'
import { type Finding, type FindingCode, find } from './finding.ts'

/** Who asks whom. */
export interface ConsentQuestion {
  readonly directory: Directory
  /** Object id of the person who signed in. */
  readonly person: string
}

const guid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i

/** Whether the API is in the tenant, offers the delegated permission, and consent is given for it. */
export async function checkConsent(subject: Subject, question: ConsentQuestion): Promise<readonly Finding[]> {
  const say = (check: 'api' | 'permission' | 'consent', code: FindingCode, detail: string) =>
    find(subject.backend.name, check, { code, detail })
  const { permission } = endpointOf(subject.backend, undefined)
  const application = permission === undefined ? undefined : applicationOf(permission, subject)
  if (permission === undefined || application === undefined)
    return [say('api', 'not_tried_unknown', 'no application id')]
  try {
    const api = await question.directory.findApi(application)
    if (api === null) return [say('api', 'api_missing', `${permission.name} (${application})`)]
    const found = say('api', 'ok', `${permission.name} (${application})`)
    const absent = permission.scopes.filter((scope) => !api.scopes.includes(scope))
    if (absent.length > 0) return [found, say('permission', 'permission_missing', absent.join(', '))]
    const lacking = await lackingConsent({ permission, api }, subject, question)
    const offered = say('permission', 'ok', permission.scopes.join(', ') || api.scopes.join(', '))
    if (lacking === null) return [found, offered, say('consent', 'ok', 'given')]
    return [found, offered, say('consent', 'consent_missing', lacking)]
  } catch (error) {
    return [say('api', 'directory_unreadable', error instanceof Error ? error.message : String(error))]
  }
}

/** A company's own API is named by the scope that its deployment sets. */
function applicationOf({ resource }: Permission, subject: Subject): string | undefined {
  if (resource !== 'tenant-defined') return resource
  try {
    return guid.exec(scopeOf(subject.backend, questionOf(subject)))?.[0]
  } catch {
    return undefined
  }
}

async function lackingConsent(
  wanted: { readonly permission: Permission; readonly api: KnownApi },
  { deployment }: Subject,
  { directory, person }: ConsentQuestion,
): Promise<string | null> {
  const own = await directory.findApi(deployment.COUNTERSIGN_CLIENT_ID)
  if (own === null) return "Countersign's own registration is not in this tenant"
  const fits = ({ api, person: whose }: Grant) => api === wanted.api.id && (whose === null || whose === person)
  const given = new Set((await directory.grantsOf(own.id)).filter(fits).flatMap(({ scopes }) => scopes))
  const { scopes } = wanted.permission
  if (scopes.length === 0) return given.size === 0 ? 'no delegated permission of it is granted' : null
  const lacking = scopes.filter((scope) => !given.has(scope))
  return lacking.length === 0 ? null : lacking.join(', ')
}
