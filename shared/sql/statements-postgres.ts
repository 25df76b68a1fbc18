import type { Effect } from '../backend/effect.ts'
import { type Tree, textAt } from './tree.ts'

/** What a kind of statement does by itself, whatever stands in it. */
export interface StatementRule {
  readonly effect: Effect
  readonly danger?: string
}

/** Statements that are walked node by node. */
export const walkedStatements: ReadonlySet<string> = new Set([
  'SelectStmt',
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'CreateTableAsStmt',
  'ExplainStmt',
])

const dangerByKind: Readonly<Record<string, string>> = {
  AlterSystemStmt: 'alter_system',
  CallStmt: 'call',
  CreateExtensionStmt: 'create_extension',
  CreateForeignServerStmt: 'foreign_server',
  CreateFunctionStmt: 'create_function',
  CreateUserMappingStmt: 'foreign_server',
  DoStmt: 'do',
  ExecuteStmt: 'execute',
  ImportForeignSchemaStmt: 'foreign_server',
  ListenStmt: 'listen',
  LoadStmt: 'load',
  LockStmt: 'lock',
  NotifyStmt: 'notify',
  PrepareStmt: 'prepare',
}

/** Statements that change structure, rights, the session or the server: all of them are for administrators. */
const adminKinds = new Set(
  `AlterCollationStmt AlterDatabaseRefreshCollStmt AlterDatabaseSetStmt AlterDatabaseStmt AlterDefaultPrivilegesStmt
  AlterDomainStmt AlterEnumStmt AlterEventTrigStmt AlterExtensionContentsStmt AlterExtensionStmt AlterFdwStmt
  AlterForeignServerStmt AlterFunctionStmt AlterObjectDependsStmt AlterObjectSchemaStmt AlterOpFamilyStmt
  AlterOperatorStmt AlterOwnerStmt AlterPolicyStmt AlterPublicationStmt AlterRoleSetStmt AlterRoleStmt AlterSeqStmt
  AlterStatsStmt AlterSubscriptionStmt AlterTSConfigurationStmt AlterTSDictionaryStmt AlterTableMoveAllStmt
  AlterTableSpaceOptionsStmt AlterTableStmt AlterTypeStmt AlterUserMappingStmt CheckPointStmt ClosePortalStmt ClusterStmt
  CommentStmt CompositeTypeStmt ConstraintsSetStmt CreateAmStmt CreateCastStmt CreateConversionStmt CreateDomainStmt
  CreateEnumStmt CreateEventTrigStmt CreateFdwStmt CreateForeignTableStmt CreateOpClassStmt CreateOpFamilyStmt
  CreatePLangStmt CreatePolicyStmt CreatePublicationStmt CreateRangeStmt CreateRoleStmt CreateSchemaStmt CreateSeqStmt
  CreateStatsStmt CreateStmt CreateSubscriptionStmt CreateTableSpaceStmt CreateTransformStmt CreateTrigStmt CreatedbStmt
  DeallocateStmt DeclareCursorStmt DefineStmt DiscardStmt DropOwnedStmt DropRoleStmt DropSubscriptionStmt
  DropTableSpaceStmt DropUserMappingStmt DropdbStmt FetchStmt GrantRoleStmt GrantStmt IndexStmt ReassignOwnedStmt
  RefreshMatViewStmt ReindexStmt RenameStmt ReplicaIdentityStmt RuleStmt SecLabelStmt TransactionStmt UnlistenStmt
  VacuumStmt ViewStmt`.split(/\s+/),
)

/** The rule for a statement that is not walked node by node; undefined where we do not know it. */
export function ruleFor(kind: string, body: Tree): StatementRule | undefined {
  if (kind === 'DropStmt' || kind === 'TruncateStmt') return { effect: 'delete' }
  if (kind === 'CopyStmt') return copyRule(body)
  if (kind === 'VariableShowStmt') return { effect: 'read', danger: 'show_setting' }
  if (kind === 'VariableSetStmt') return { effect: 'admin', danger: settingDanger(textAt(body, 'name')) }
  const danger = Object.hasOwn(dangerByKind, kind) ? dangerByKind[kind] : undefined
  if (danger !== undefined) return { effect: 'admin', danger }
  return adminKinds.has(kind) ? { effect: 'admin' } : undefined
}

/** COPY with a program or a server file is the server's own act; with the client it is a read or a write. */
function copyRule(body: Tree): StatementRule {
  if (body.is_program === true) return { effect: 'admin', danger: 'copy_program' }
  if (textAt(body, 'filename') !== '') return { effect: 'admin', danger: 'copy_file' }
  return { effect: body.is_from === true ? 'write' : 'read', danger: 'copy' }
}

function settingDanger(name: string): string {
  return name === 'role' || name === 'session_authorization' ? `set_${name}` : 'set_setting'
}
