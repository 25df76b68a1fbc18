/**
 * Reconciles the book of a running stack with its logs, as the verifier does: the same night twice, and the next night.
 * Runs in a process that was started with the stack's authority and proxy; prints the three results as JSON.
 */
import { z } from 'zod'
import { localSources } from '../../infra/local/logs/sources.ts'
import { apps } from '../../infra/local/personas.ts'
import { localFolder, readRunningStack, type StackFile } from '../../infra/local/stack/local-folder.ts'
import { reconcileNight } from '../../shared/audit/reconcile-night.ts'
import { createSources } from '../../shared/audit/reconcile-setup.ts'
import { createDatabricksSql } from '../../shared/audit/source-databricks-sql.ts'
import { createLogAnalytics } from '../../shared/audit/source-log-analytics.ts'
import { type TokenSource, tableNames } from '../../shared/audit/store.ts'
import { createTableRows } from '../../shared/audit/table-rows.ts'
import { createVaultKeys } from '../../shared/audit/vault-keys.ts'
import type { Settings } from '../../shared/config/settings.ts'

const stack = readRunningStack(localFolder())
if (stack?.logs === undefined) throw new Error('no stack')

function signIn({ entra }: StackFile): TokenSource {
  return {
    async getToken(scopes) {
      const aud = String(scopes).replace(/\/\.default$/, '')
      const body = JSON.stringify({ persona: 'verifier', version: 1, aud })
      const response = await fetch(`${entra}/dev/token`, { method: 'POST', body })
      const { token } = z.object({ token: z.string() }).parse(await response.json())
      return { token, expiresOnTimestamp: Date.now() + 300_000 }
    },
  }
}

const credential = signIn(stack)
const { connectionString, table } = stack.tables
const rows = createTableRows({
  account: { connectionString },
  names: tableNames(table),
  timeout: 30_000,
  create: true,
  allowInsecure: stack.tables.url.startsWith('http:'),
})
const vault = createVaultKeys({ url: stack.vault, credential, clock: Date.now })
const url = stack.logs
const backends = ['azure-postgresql', 'azure-storage-blob', 'databricks-sql', 'rest-entra-api']
const sources = createSources({
  sources: localSources(stack.backends['databricks-sql'].url) as Settings['COUNTERSIGN_SOURCES'],
  clientId: apps.api,
  scopes: new Map([
    ['azure-postgresql', 'https://ossrdbms-aad.database.windows.net/.default'],
    ['azure-storage-blob', 'https://storage.azure.com/.default'],
    ['databricks-sql', `${apps.databricks}/.default`],
    ['rest-entra-api', `api://${apps.orders}/.default`],
  ]),
  queryLogs: (workspace) => createLogAnalytics({ url, workspace, credential }),
  queryAudit: ({ baseUrl, warehouse }) => createDatabricksSql({ baseUrl, warehouse, credential }),
  settling: 0,
})
const ports = { rows, keys: vault.find, origin: `countersign/${apps.api}`, sources, backends, clientId: apps.api }
const nights = []
for (const date of ['2026-11-22', '2026-11-22', '2026-11-23']) {
  nights.push(await reconcileNight(ports, { date, until: Date.now() }))
}
process.stdout.write(JSON.stringify(nights))
