import { fileURLToPath } from 'node:url'
import type { Backend } from '../../shared/backend/define.ts'
import { parseSettings } from '../../shared/config/settings.ts'
import { createAnswers } from '../../shared/http/answers.ts'
import { createAuditAnswers } from '../../shared/http/audit-answers.ts'
import type { AuditBook } from '../../shared/http/audit-book.ts'
import { createConsole } from '../../shared/http/console-files.ts'
import { createMcpAnswer } from '../../shared/http/mcp.ts'
import { createRefusal } from '../../shared/http/refusal.ts'
import type { RunningApp } from '../../shared/http/running-app.ts'
import { createUsageAnswers } from '../../shared/http/usage-answers.ts'
import { createMemoryBook } from './audit-book.ts'
import { approvers, createWorld, tid, type World, type WorldOptions } from './line-world.ts'

const id = (last: number) => `c0000000-0000-4000-8000-00000000000${last}`

const settings = parseSettings({
  COUNTERSIGN_PUBLIC_URL: 'https://gateway.example',
  COUNTERSIGN_HOME_TENANT: tid,
  COUNTERSIGN_TENANTS: tid,
  COUNTERSIGN_CLIENT_ID: id(1),
  COUNTERSIGN_CONSOLE_CLIENT_ID: id(2),
  COUNTERSIGN_ALLOWED_ACTORS: id(3),
  COUNTERSIGN_MANAGED_IDENTITY_CLIENT_ID: id(4),
  COUNTERSIGN_KEY_VAULT_URL: 'https://example.vault.azure.net',
  COUNTERSIGN_AUDIT_TABLES_URL: 'https://example.table.core.windows.net',
  COUNTERSIGN_EVIDENCE_BLOBS_URL: 'https://example.blob.core.windows.net',
  COUNTERSIGN_RETENTION_DAYS: '365',
  COUNTERSIGN_BACKENDS: '{}',
})

/** A running app over a world in memory: the routes' real answers, the line's real stages, no network behind them. */
export interface WorldApp {
  readonly world: World
  readonly app: RunningApp
  /** Events that were logged outside the line. */
  readonly failures: string[]
}

export function createWorldApp(
  declared: readonly Backend[],
  options: WorldOptions = {},
  book: AuditBook = createMemoryBook(),
): WorldApp {
  const configured = new Map(declared.map((backend) => [backend.name, backend]))
  const world = createWorld({ ...options, configured })
  const failures: string[] = []
  const { ports, identification, line } = world
  const parts = {
    settings,
    buildDigest: 'build-digest-0123456789',
    ports,
    declared,
    identification,
    approvers,
    line: async () => line,
  }
  const { newId, randomHex } = ports
  const refuse = createRefusal({ identification, log: (event) => failures.push(event), newId, randomHex })
  const mcp = createMcpAnswer({ ...parts, refuse }, () => import('../../shared/mcp/protocol.ts'))
  const audit = createAuditAnswers({ ...parts, book, challenge: identification.challenge, wait: soon })
  const console = createConsole(parts.settings, fileURLToPath(new URL('../../shared/console/', import.meta.url)))
  const usage = createUsageAnswers({ ...parts, challenge: identification.challenge, book })
  const answers = { ...createAnswers(parts), ...audit, ...usage, mcp, console }
  const noticeJobs = { handOut: async () => [], deliver: async () => false }
  return { world, failures, app: { answers, noticeJobs, refuse } }
}

/** Waits end soon here, whatever they are for; time passes only where a world says so. */
function soon(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1))
}
