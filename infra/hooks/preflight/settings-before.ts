import { existsSync, readFileSync } from 'node:fs'
import { clouds } from '../../../shared/config/clouds.ts'
import { settingsSchema } from '../../../shared/config/settings.ts'
import type { Environment } from '../azure/endpoints.ts'

/** What the hooks themselves keep in the environment. */
const ownNames = ['COUNTERSIGN_REGISTRATION_MADE']

/** Parameters and outputs of the template in this folder: values of the deployment that need be no setting of an app. */
export function templateNames(folder: URL): readonly string[] {
  const read = (name: string) => {
    const file = new URL(name, folder)
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }
  const parameters = read('main.parameters.json').matchAll(/\$\{(COUNTERSIGN_[A-Z_]+)/g)
  const outputs = read('main.bicep').matchAll(/^output (COUNTERSIGN_[A-Z_]+) /gm)
  return [...parameters, ...outputs].flatMap(([, name]) => (name === undefined ? [] : [name]))
}

const settingNames: ReadonlySet<string> = new Set(Object.keys(settingsSchema.shape))

/** Names that begin like ours and are none: most likely misspelt, and then without any effect. */
export function unknownNames(environment: Environment, template: readonly string[]): readonly string[] {
  const ours = Object.keys(environment).filter((name) => name.startsWith('COUNTERSIGN_') && environment[name] !== '')
  const known = new Set([...settingNames, ...template, ...ownNames])
  return ours.filter((name) => !known.has(name))
}

const anyId = '00000000-0000-4000-8000-000000000000'

/**
 * The settings that an app will have, as far as they can be known before it is made: what is set, and in place of what
 * the template makes (addresses, identities, registrations) something well-formed, so that only what is set can be wrong.
 */
export function settingsBefore(environment: Environment, app: 'gateway' | 'evidence'): Environment {
  const set = Object.entries(environment).filter(([name, value]) => settingNames.has(name) && (value ?? '') !== '')
  const account = `/subscriptions/${anyId}/resourceGroups/none/providers/Microsoft.Storage/storageAccounts/none`
  return {
    COUNTERSIGN_HOME_TENANT: environment.AZURE_TENANT_ID || anyId,
    COUNTERSIGN_TENANTS: environment.AZURE_TENANT_ID || anyId,
    COUNTERSIGN_CLIENT_ID: anyId,
    COUNTERSIGN_CONSOLE_CLIENT_ID: anyId,
    // The template passes a comma for an empty list.
    COUNTERSIGN_ALLOWED_ACTORS: ',',
    COUNTERSIGN_BACKENDS: '{}',
    COUNTERSIGN_RETENTION_DAYS: '400',
    COUNTERSIGN_MANAGED_IDENTITY_CLIENT_ID: anyId,
    COUNTERSIGN_SEALER_CLIENT_ID: anyId,
    COUNTERSIGN_VERIFIER_CLIENT_ID: anyId,
    COUNTERSIGN_EVIDENCE_ACCOUNT_ID: account,
    ...addressesIn(environment),
    ...Object.fromEntries(set),
    COUNTERSIGN_APP: app,
  }
}

function addressesIn({ COUNTERSIGN_CLOUD: name }: Environment): Environment {
  const { vaultSuffix, tableSuffix, blobSuffix } = clouds[name === 'usgov' || name === 'china' ? name : 'public']
  return {
    COUNTERSIGN_PUBLIC_URL: 'https://gateway.example',
    COUNTERSIGN_KEY_VAULT_URL: `https://gateway${vaultSuffix}`,
    COUNTERSIGN_AUDIT_TABLES_URL: `https://gateway${tableSuffix}`,
    COUNTERSIGN_EVIDENCE_BLOBS_URL: `https://gateway${blobSuffix}`,
  }
}
