import { warehouseIds } from '../databricks/warehouses.ts'
import { workspaceId } from './server.ts'

/** The value of COUNTERSIGN_SOURCES for the embedded stack: every log that it has. */
export function localSources(databricks: string): Readonly<Record<string, unknown>> {
  const workspace = { kind: 'log-analytics', workspace: workspaceId }
  return {
    'azure-postgresql': workspace,
    'azure-storage-blob': workspace,
    'databricks-sql': { kind: 'databricks', baseUrl: databricks, warehouse: warehouseIds[0] },
    entra: workspace,
  }
}
