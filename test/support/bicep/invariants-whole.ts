import { evidenceContainer, reportsContainer } from '../../../infra/local/evidence/roles.ts'
import type { Deployed } from './deployments.ts'
import { isUnknown, memberValue } from './evaluate.ts'
import { type Invariant, inside, ofType } from './invariants.ts'
import type { Planned } from './plan.ts'

/** What holds between resources. */
export const wholeInvariants: Readonly<Record<string, Invariant>> = {
  'the evidence app answers nobody': (deployed) => siteOf(deployed, 'evidence').flatMap(judgeClosed),
  'in a private network, only the network reaches anything': judgePrivate,
  'evidence and reports are kept immutable for the time of retention': judgeImmutable,
  'evidence lies in an account and a region of its own': judgeApart,
  'what is done in the vault is logged': judgeVaultLogs,
  'somebody is told of what must not wait': judgeAlerts,
  'nothing has the name of another': judgeTwice,
}

function siteOf(deployed: Deployed, service: string): readonly Planned[] {
  const found = ofType(deployed, 'Microsoft.Web/sites').filter(
    (one) => inside(one, 'tags.azd-service-name') === service,
  )
  if (found.length !== 1) throw new Error(`there are ${found.length} apps ${service}`)
  return found
}

function judgeClosed(site: Planned): readonly string[] {
  const rest = inside(site, 'properties.siteConfig.ipSecurityRestrictionsDefaultAction')
  const rules = inside(site, 'properties.siteConfig.ipSecurityRestrictions')
  const allows = Array.isArray(rules) && rules.some((rule) => memberValue(rule, 'action') !== 'Deny')
  return rest === 'Deny' && !allows ? [] : [`${site.place} ${String(site.name)} lets somebody in`]
}

const shutTypes = ['Microsoft.Storage/storageAccounts', 'Microsoft.KeyVault/vaults', 'Microsoft.Web/sites']

function judgePrivate(deployed: Deployed): readonly string[] {
  const hasNetwork = ofType(deployed, 'Microsoft.Network/privateEndpoints').length > 0
  if (!hasNetwork) return []
  const open = shutTypes.flatMap((type) =>
    ofType(deployed, type).filter(
      (one) => String(inside(one, 'properties.publicNetworkAccess')).toLowerCase() !== 'disabled',
    ),
  )
  return open.map((one) => `${one.place} ${String(one.name)} is reached from outside the network`)
}

const leastDays = 183

function judgeImmutable(deployed: Deployed): readonly string[] {
  const policies = ofType(deployed, 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies')
  return [evidenceContainer, reportsContainer].flatMap((container) => {
    const policy = policies.find(({ fullName }) => String(fullName).split('/').at(-2) === container)
    if (policy === undefined) return [`the container ${container} has no immutability policy`]
    const days = inside(policy, 'properties.immutabilityPeriodSinceCreationInDays')
    const appends = inside(policy, 'properties.allowProtectedAppendWrites')
    return [
      ...(typeof days === 'number' && days >= leastDays
        ? []
        : [`${policy.place} ${container} is kept ${String(days)} days`]),
      // The anchor log grows; a report is written once.
      ...(appends === (container === evidenceContainer)
        ? []
        : [`${policy.place} ${container} takes appends: ${String(appends)}`]),
    ]
  })
}

function judgeApart(deployed: Deployed): readonly string[] {
  const holder = (type: string, part: string) =>
    ofType(deployed, type)
      .filter(({ name }) => name === part)
      .map(({ fullName }) => String(fullName).split('/')[0])
  const [evidence] = holder('Microsoft.Storage/storageAccounts/blobServices/containers', evidenceContainer)
  const [book] = holder('Microsoft.Storage/storageAccounts/tableServices/tables', 'audit')
  const packages = holder('Microsoft.Storage/storageAccounts/blobServices/containers', 'package')
  const accounts = [evidence, book, ...packages]
  const regions = new Map(
    ofType(deployed, 'Microsoft.Storage/storageAccounts').map((one) => [one.name, inside(one, 'location')]),
  )
  return [
    ...(new Set(accounts).size === 4 ? [] : [`book, evidence and two packages share accounts: ${accounts.join(', ')}`]),
    ...(regions.get(evidence) === regions.get(book) ? ['evidence and book are in one region'] : []),
  ]
}

function judgeVaultLogs(deployed: Deployed): readonly string[] {
  const settings = ofType(deployed, 'Microsoft.Insights/diagnosticSettings')
  return ofType(deployed, 'Microsoft.KeyVault/vaults').flatMap((vault) => {
    const logged = settings.filter((one) => memberValue(inside(one, 'scope'), 'fullName') === vault.fullName)
    const isOn = logged.some((one) => JSON.stringify(inside(one, 'properties.logs')).includes('"enabled":true'))
    return isOn ? [] : [`${vault.place} nobody logs what is done in ${String(vault.name)}`]
  })
}

/** Alerts that the runbook of the deployment promises. */
const alerts = [
  'no-report',
  'report-failed',
  'identity-mismatch',
  'audit-unavailable',
  'deny-spike',
  'break-glass',
  'keys-end',
]

function judgeAlerts(deployed: Deployed): readonly string[] {
  const rules = ofType(deployed, 'Microsoft.Insights/scheduledQueryRules')
  const isOn = (alert: string) =>
    rules.some((one) => String(one.name).endsWith(alert) && inside(one, 'properties.enabled') !== false)
  return alerts.filter((alert) => !isOn(alert)).map((alert) => `there is no alert ${alert}`)
}

function judgeTwice({ planned }: Deployed): readonly string[] {
  const keys = planned
    .filter((one) => !(one.type.startsWith('Microsoft.Graph/') || isUnknown(one.fullName)))
    .map((one) => [one.group, one.type, String(one.fullName), scopeOf(one)].join(' '))
  return [...new Set(keys.filter((key, index) => keys.indexOf(key) < index))].map((key) => `twice: ${key}`)
}

function scopeOf(one: Planned): string {
  const id = memberValue(one.body.scope ?? null, 'id')
  return typeof id === 'string' ? id : ''
}
