import { TableClient as AzureTableClient } from '@azure/data-tables'
import type { TokenSource } from './store.ts'

/** The one class that is used of the library, by itself: a bundle that loads this lazily leaves out the rest. */
export const TableClient = AzureTableClient

/** Where one table is, and how long a request to it may take. */
export interface TableOptions {
  /** Account URL, and who we are there; or a connection string, for tests against a local table server. */
  readonly account: { readonly url: string; readonly credential: TokenSource } | { readonly connectionString: string }
  readonly table: string
  /** Milliseconds for one request. */
  readonly timeout?: number
  /** Plain http, for tests against a local table server only. */
  readonly allowInsecure?: boolean
}

/** A client without the library's retries, for a table that is made where it is absent; `timeout` (ms) is for that. */
export async function openTable({ account, table, allowInsecure }: TableOptions, timeout: number) {
  const settings = { retryOptions: { maxRetries: 0 }, allowInsecureConnection: allowInsecure ?? false }
  const client =
    'url' in account
      ? new TableClient(account.url, table, account.credential, settings)
      : TableClient.fromConnectionString(account.connectionString, table, settings)
  await client.createTable({ abortSignal: AbortSignal.timeout(timeout) })
  return client
}
