import type { LoggedRequest } from '../blobs/request-log.ts'
import type { Entra } from '../entra/stand-in.ts'
import { followServerLog } from './postgres-log.ts'
import type { LogEntry, LogFeed } from './server.ts'

/** Requests at the blob front, the latest 10,000. */
export interface RequestLog {
  readonly note: (request: LoggedRequest) => void
  readonly entries: () => readonly LogEntry[]
}

const most = 10_000

/** An empty log of requests. */
export function makeRequestLog(): RequestLog {
  const entries: LogEntry[] = []
  return {
    note(request) {
      entries.push({ ...request })
      if (entries.length > most) entries.shift()
    },
    entries: () => entries,
  }
}

/** What the tables of the workspace hold; `serverLog` is the path of PostgreSQL's log. */
export function makeFeeds(
  serverLog: string,
  entra: Pick<Entra, 'signIns'>,
  requests: RequestLog,
): Readonly<Record<string, LogFeed>> {
  return {
    PGSQLServerLogs: followServerLog(serverLog),
    StorageBlobLogs: requests.entries,
    SigninLogs: () => signIns(entra, true),
    AADNonInteractiveUserSignInLogs: () => signIns(entra, false),
  }
}

function signIns(entra: Pick<Entra, 'signIns'>, isInteractive: boolean): readonly LogEntry[] {
  return entra
    .signIns()
    .filter((one) => one.isInteractive === isInteractive)
    .map(({ id, time, appId, userId, resource, correlationId }) => ({
      TimeGenerated: time,
      Id: id,
      CorrelationId: correlationId,
      AppId: appId,
      UserId: userId,
      ResourceIdentity: resource,
      ResultType: '0',
    }))
}
