import type { LogSource, SourceEvent } from './reconcile-source.ts'
import { type LogRow, ofResource, type QueryLogs, readTables, textIn, usualSettling } from './source-table.ts'

export interface StorageSourceOptions {
  readonly query: QueryLogs
  readonly resource?: string
  readonly settling?: number
}

/**
 * Requests to a storage account (learn.microsoft.com/azure/azure-monitor/reference/tables/storagebloblogs): who, through
 * which application, and the `x-ms-client-request-id` in which we send the decision. Requests by key or signature name
 * nobody; they are counted among others'.
 */
export function createStorageSource({ query, resource, settling }: StorageSourceOptions): LogSource {
  const table = {
    table: 'StorageBlobLogs',
    columns: ['CorrelationId', 'OperationName', 'StatusCode', 'RequesterObjectId', 'RequesterAppId', 'ClientRequestId'],
    where: ofResource(resource),
    readRow: readRequest,
  }
  return {
    name: 'StorageBlobLogs',
    persons: 'object-id',
    settling: settling ?? usualSettling,
    ...readTables(query, [table]),
    records: () => true,
  }
}

function readRequest(row: LogRow): SourceEvent {
  const status = Number(textIn(row, 'StatusCode'))
  return {
    id: textIn(row, 'CorrelationId'),
    time: Date.parse(textIn(row, 'TimeGenerated')),
    person: textIn(row, 'RequesterObjectId').toLowerCase(),
    clientId: textIn(row, 'RequesterAppId').toLowerCase() || 'unknown',
    decisionId: textIn(row, 'ClientRequestId'),
    operation: textIn(row, 'OperationName'),
    isEffective: status >= 200 && status < 300,
  }
}
