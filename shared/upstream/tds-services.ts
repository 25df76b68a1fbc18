import type { TdsService } from '../backend/statement-call.ts'

/** What a service over TDS can do, and how it is asked whom it sees. */
export interface ServiceTraits {
  /** A call runs in a transaction of its own. Synapse's pools have none that hold queries of its views, or none at all. */
  readonly transactions: boolean
  /** It keeps a value of ours for the session, which its audit log names; others know only the program's name. */
  readonly sessionContext: boolean
  /**
   * A connection may serve the same person and token again after it was reset. Where only the program's name carries
   * the decision, each call opens one of its own.
   */
  readonly reusable: boolean
  /** One row: `sid` (binary, or null), `login` (who signed in), `current` (who acts now), `session` (its own id). */
  readonly whoAmI: string
}

// SUSER_SID and ORIGINAL_LOGIN are documented for SQL Server, Azure SQL Database and Managed Instance only, SUSER_SNAME for
// all of these (Transact-SQL reference, "Applies to").
const byName = 'SELECT NULL AS sid, SUSER_SNAME() AS login, SUSER_SNAME() AS [current], '

/** Traits of each service. */
export const services: Readonly<Record<TdsService, ServiceTraits>> = {
  database: {
    transactions: true,
    sessionContext: true,
    reusable: true,
    whoAmI: 'SELECT SUSER_SID() AS sid, ORIGINAL_LOGIN() AS login, SUSER_SNAME() AS [current], @@SPID AS session',
  },
  dedicated: {
    transactions: false,
    sessionContext: false,
    reusable: false,
    whoAmI: `${byName}SESSION_ID() AS session`,
  },
  serverless: { transactions: false, sessionContext: false, reusable: false, whoAmI: `${byName}@@SPID AS session` },
  fabric: { transactions: true, sessionContext: false, reusable: false, whoAmI: `${byName}@@SPID AS session` },
}

/** How a call begins on its connection, in one batch whose last statement tells who the server sees. */
export function writePreamble(
  traits: ServiceTraits,
  { decisionId, planned }: { readonly decisionId: string; readonly planned: boolean },
): string {
  const id = decisionId.replace(/[^A-Za-z0-9-]/g, '')
  const context = `EXEC sys.sp_set_session_context @key = N'countersign', @value = N'${id}', @read_only = 1`
  return [
    ...(traits.sessionContext ? [context] : []),
    // A statement that only gets planned has nothing to roll back, and its plan must not be of our own statements.
    ...(traits.transactions && !planned ? ['BEGIN TRANSACTION'] : []),
    traits.whoAmI,
  ].join('; ')
}

/** How a call's transaction ends: what a read did is not kept, whatever it was. */
export function writeEnd(readOnly: boolean): string {
  return readOnly ? 'IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION' : 'COMMIT TRANSACTION'
}

/** `countersign/<decisionId>`, the program's name as the server's log has it; at most 128 characters (LOGIN7). */
export function programName(decisionId: string): string {
  return `countersign/${decisionId.replace(/[^A-Za-z0-9-]/g, '')}`.slice(0, 128)
}
