import type { Home } from './evaluate.ts'
import { guidOf } from './functions.ts'
import { type Outcome, planDeployment } from './plan.ts'
import { readInfra, readTexts, type Templates } from './templates.ts'

const least = { environmentName: 'dev', location: 'westeurope', evidenceLocation: 'northeurope', retentionDays: 400 }
const subnet = (name: string) =>
  `/subscriptions/s/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/hub/subnets/${name}`

/** Deployments that are judged: the least, everything private, everything brought along. */
export const variants: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'the least': least,
  'private, with a front': {
    ...least,
    network: 'private',
    apiManagement: 'front',
    sentinel: true,
    allowedActors: guidOf('agent'),
    auditorsGroupId: guidOf('auditors'),
    operatorsGroupId: guidOf('operators'),
    publishersGroupId: guidOf('publishers'),
    alertEmails: 'ops@example.com',
    backends: { 'azure-postgresql': { host: 'sales.postgres.database.azure.com', database: 'sales' } },
    notices: [{ kind: 'teams', secret: 'notice-approvals' }],
    alwaysReady: 1,
  },
  'brought along': {
    ...least,
    network: 'private',
    privateDns: 'policy',
    vnetId: subnet('').replace('/subnets/', ''),
    gatewaySubnetId: subnet('gateway'),
    evidenceSubnetId: subnet('evidence'),
    endpointsSubnetId: subnet('endpoints'),
    existingVaultId: `/subscriptions/${guidOf('other')}/resourceGroups/keys/providers/Microsoft.KeyVault/vaults/ours`,
    workspaceId: `/subscriptions/${guidOf('other')}/resourceGroups/logs/providers/Microsoft.OperationalInsights/workspaces/ours`,
    clientId: guidOf('registration'),
    consoleClientId: guidOf('console'),
  },
}

/** What is judged: the files, and what they would deploy. */
export interface Deployed extends Outcome {
  readonly templates: Templates
}

const path = 'infra/main.bicep'

/** What the main file would deploy, worked out offline. */
export function planMain(
  templates: Templates,
  params: Readonly<Record<string, unknown>>,
  cloud?: Home['cloud'],
): Deployed {
  return { templates, ...planDeployment(templates, { path, params, ...(cloud === undefined ? {} : { cloud }) }) }
}

/** A change in one file: every place where the pattern finds something. */
export type Mutation = readonly [path: string, pattern: RegExp, text: string]

/** The files of infra with one change; throws where the pattern finds nothing, since then nothing was planted. */
export function plant(templates: Templates, [file, pattern, text]: Mutation): Templates {
  const found = templates.get(file)
  const changed = found?.text.replace(pattern, text)
  if (found === undefined || changed === undefined || changed === found.text)
    throw new Error(`${file} has no ${pattern}`)
  return new Map([...templates, ...readTexts({ [file]: changed })])
}

/** The repository's own files, read once. */
export const infra: Templates = readInfra()
