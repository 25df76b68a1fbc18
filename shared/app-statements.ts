import type { BackendConfiguration } from './backend/configuration.ts'
import type { Settings } from './config/settings.ts'
import type { Executor } from './pipeline/ports.ts'
import { createMysqlExecutor } from './upstream/mysql.ts'
import { createTdsExecutor } from './upstream/tds.ts'

/** The executors of databases over TDS and MySQL's protocol, by technology. Their drivers are loaded at a first call. */
export function createStatementExecutors(
  settings: Settings,
  of: (name: string) => BackendConfiguration,
): readonly (readonly [technology: string, executor: Executor])[] {
  const placeOf = (name: string, port: number, database: string) => ({
    host: of(name).host ?? '',
    port: of(name).port ?? port,
    database: of(name).database ?? database,
  })
  const tds = createTdsExecutor({
    settingsFor: ({ name, hostSuffixes }) => ({
      ...placeOf(name, 1433, 'master'),
      suffixes: hostSuffixes[settings.COUNTERSIGN_CLOUD] ?? [],
    }),
    clock: Date.now,
  })
  const mysql = createMysqlExecutor({
    settingsFor: ({ name }) => ({
      ...placeOf(name, 3306, 'mysql'),
      login: of(name).values?.login === 'oid' ? 'oid' : 'upn',
    }),
    clock: Date.now,
  })
  return [
    ['tds', tds],
    ['mysql', mysql],
  ]
}
