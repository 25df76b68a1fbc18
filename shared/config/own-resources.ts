import type { OwnGroup } from '../backend/own-group.ts'
import { isLoopback } from './clouds.ts'
import type { Settings } from './settings.ts'

/** Connection strings of the host's storage, and of where it keeps the code that it runs. */
const hostStores = [
  'AzureWebJobsStorage',
  'DEPLOYMENT_STORAGE_CONNECTION_STRING',
  'WEBSITE_CONTENTAZUREFILECONNECTIONSTRING',
]

/** Storage accounts that the Functions host itself uses, by name: from the settings that Azure's hosting gives it. */
export function hostAccounts(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const connections = hostStores.map((name) => environment[name] ?? '')
  const written = connections.flatMap((text) => [...text.matchAll(/(?:^|;)\s*AccountName=([^;\s]+)/gi)])
  const endpoints = connections.flatMap((text) => [...text.matchAll(/(?:^|;)\s*\w+Endpoint=([^;\s]+)/gi)])
  const urls = [
    ...['blob', 'queue', 'table'].map((service) => environment[`AzureWebJobsStorage__${service}ServiceUri`]),
    ...endpoints.map(([, url]) => url),
  ]
  const addressed = urls.flatMap((url) => (url !== undefined && URL.canParse(url) ? [accountOf(new URL(url))] : []))
  const named = [...written.map(([, name]) => name), environment.AzureWebJobsStorage__accountName]
  return [...addressed, ...named.flatMap((name) => name?.toLowerCase() ?? [])]
}

/** The resource group of this app, as Azure's hosting names it; null anywhere else. */
export function hostGroup({
  WEBSITE_RESOURCE_GROUP: group = '',
  WEBSITE_OWNER_NAME: owner = '',
}: Readonly<Record<string, string | undefined>>): OwnGroup | null {
  // `<subscription id>+<web space>`
  const subscription = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\+/i.exec(owner)?.[1]?.toLowerCase() ?? null
  return group === '' ? null : { subscription, name: group.normalize('NFKC').toLowerCase() }
}

/**
 * True where a URL leads to something of Countersign's own: its vault, its tables and evidence (the account behind
 * them, whichever service or endpoint of it), the storage of its host, or the gateway itself. None of them is ever a
 * backend, whoever would be calling.
 */
export function isOwnResource(target: URL, settings: Settings, accounts: readonly string[]): boolean {
  const { COUNTERSIGN_KEY_VAULT_URL: vault, COUNTERSIGN_PUBLIC_URL: gateway } = settings
  if ([vault, gateway].some((url) => new URL(url).host === target.host)) return true
  const stores = [settings.COUNTERSIGN_AUDIT_TABLES_URL, settings.COUNTERSIGN_EVIDENCE_BLOBS_URL].map(
    (url) => new URL(url),
  )
  const account = accountOf(target)
  return account !== '' && isStorage(target) && [...stores.map(accountOf), ...accounts].includes(account)
}

/** `https://<account>.blob.…`, `https://<account>-secondary.blob.…`, or on this machine `https://127.0.0.1/<account>`. */
function accountOf(url: URL): string {
  const name = isLoopback(url) ? url.pathname.split('/')[1] : url.hostname.split('.')[0]
  return (name ?? '').toLowerCase().replace(/-secondary$/, '')
}

function isStorage(url: URL): boolean {
  return (
    isLoopback(url) ||
    /\.(?:blob|table|queue|file|dfs|web)\.(?:.+\.)?(?:core\.[a-z]+\.[a-z]+|storage\.azure\.net)$/.test(url.hostname)
  )
}
