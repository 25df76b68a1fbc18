import { isLoopback } from './clouds.ts'
import type { Settings } from './settings.ts'

/** Storage accounts that the Functions host itself uses, by name: from the settings that Azure's hosting gives it. */
export function hostAccounts(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const { AzureWebJobsStorage: connection = '', AzureWebJobsStorage__accountName: named } = environment
  const written = /(?:^|;)\s*AccountName=([^;\s]+)/i.exec(connection)?.[1]
  const urls = ['blob', 'queue', 'table'].map((service) => environment[`AzureWebJobsStorage__${service}ServiceUri`])
  const addressed = urls.flatMap((url) => (url !== undefined && URL.canParse(url) ? [accountOf(new URL(url))] : []))
  return [...addressed, ...[written, named].flatMap((name) => name?.toLowerCase() ?? [])]
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
