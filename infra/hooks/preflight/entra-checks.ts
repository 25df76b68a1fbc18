import * as z from 'zod'
import { attempt } from '../azure/fault.ts'
import { readClaims } from '../azure/sign-in.ts'
import { type Finding, ok, warn, wrong } from '../finding.ts'
import { checkRegistration } from '../registration/registration-checks.ts'
import { type Surroundings, settingOf } from '../surroundings.ts'

/** Directory roles that may register applications, by the ids of their templates, the same in every tenant. */
const registrars: Readonly<Record<string, string>> = {
  '62e90394-69f5-4237-9190-012177145e10': 'Global Administrator',
  '9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3': 'Application Administrator',
  '158c047a-c907-4556-b7ef-446551a6b5f7': 'Cloud Application Administrator',
  'cf1c38e5-3621-4004-a7cb-879624dced7c': 'Application Developer',
}
const registering = ['Application.ReadWrite.All', 'Application.ReadWrite.OwnedBy']

const role = z.object({ roleTemplateId: z.string().nullish() })
const policy = z.object({ defaultUserRolePermissions: z.object({ allowedToCreateApps: z.boolean() }) })
const place = { subject: 'rights', check: 'entra' }

/** Whether the registrations can be made; or, where one was brought, whether it is as the gateway needs it. */
export function checkEntra(surroundings: Surroundings): Promise<readonly Finding[]> {
  const brought = settingOf(surroundings, 'COUNTERSIGN_CLIENT_ID')
  // An id that an earlier run of ours left is none that was brought: the deployment goes on to register.
  const isOurs = settingOf(surroundings, 'COUNTERSIGN_REGISTRATION') === 'made'
  if (brought !== '' && !isOurs) return checkRegistration(surroundings, brought)
  return attempt(place, () => checkRegistrar(surroundings), warn)
}

async function checkRegistrar(surroundings: Surroundings): Promise<readonly Finding[]> {
  const claims = readClaims(await surroundings.signIn.token(surroundings.endpoints.graphScope))
  const isApplication = claims.idtyp === 'app' || claims.scp === undefined
  const by = isApplication ? permissionOf(claims.roles) : await roleOf(surroundings)
  if (by !== null) return [ok(place, by)]
  const next = [
    'An Entra administrator makes the registrations: npm run identity:request prints what to apply;',
    'then azd env set COUNTERSIGN_CLIENT_ID ID and azd env set COUNTERSIGN_CONSOLE_CLIENT_ID ID.',
    isApplication
      ? 'Or give the pipeline Application.ReadWrite.OwnedBy.'
      : 'Or have the role Application Administrator assigned to you.',
  ].join(' ')
  return [wrong(place, { code: 'rights_entra_missing', detail: 'no right to register applications', next })]
}

function permissionOf(roles: unknown): string | null {
  const given: readonly unknown[] = Array.isArray(roles) ? roles : []
  return registering.find((name) => given.includes(name)) ?? null
}

async function roleOf({ graph }: Surroundings): Promise<string | null> {
  const path = '/v1.0/me/transitiveMemberOf/microsoft.graph.directoryRole?$select=id,roleTemplateId'
  const roles = await graph.list({ what: 'your directory roles', path, schema: role })
  const known = roles.map(({ roleTemplateId }) => registrars[roleTemplateId ?? '']).find((name) => name !== undefined)
  if (known !== undefined) return known
  const what = "the tenant's authorization policy"
  const { defaultUserRolePermissions } = await graph.read({
    what,
    path: '/v1.0/policies/authorizationPolicy',
    schema: policy,
  })
  return defaultUserRolePermissions.allowedToCreateApps ? 'everybody here may register applications' : null
}
