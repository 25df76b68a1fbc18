import { isTree, type Node, type Tree, unwrap } from './tree.ts'

const words = (text: string): string[] => text.trim().split(/\s+/)

/** Node kinds whose meaning is known to the walk; a tree with any other is refused. */
const listedKinds: ReadonlySet<string> = new Set(
  words(`
  SelectStmt InsertStmt UpdateStmt DeleteStmt MergeStmt CreateTableAsStmt ExplainStmt
  A_ArrayExpr A_Const A_Expr A_Indices A_Indirection A_Star Alias Boolean Bitstring BoolExpr BooleanTest CaseExpr
  CaseWhen CoalesceExpr CollateClause ColumnDef ColumnRef CommonTableExpr CTECycleClause CTESearchClause DefElem Float
  FuncCall GroupingFunc GroupingSet IndexElem InferClause Integer IntoClause JoinExpr JsonAggConstructor JsonArgument
  JsonArrayAgg JsonArrayConstructor JsonArrayQueryConstructor JsonBehavior JsonFormat JsonFuncExpr JsonIsPredicate
  JsonKeyValue JsonObjectAgg JsonObjectConstructor JsonOutput JsonParseExpr JsonReturning JsonScalarExpr
  JsonSerializeExpr JsonTable JsonTableColumn JsonTablePathSpec JsonValueExpr List LockingClause MergeWhenClause
  MinMaxExpr MultiAssignRef NamedArgExpr NullTest OnConflictClause ParamRef RangeFunction RangeSubselect
  RangeTableFunc RangeTableFuncCol RangeTableSample RangeVar ResTarget ReturningClause ReturningOption RowExpr
  SetToDefault SortBy SQLValueFunction String SubLink TypeCast TypeName WindowDef WithClause XmlExpr XmlSerialize
`),
)

/** Fields that hold one object without its wrapper, since their type is fixed, and what it is. */
const fixedKinds: Readonly<Record<string, string>> = {
  alias: 'Alias',
  arg: 'JsonValueExpr',
  argType: 'TypeName',
  boolval: 'Boolean',
  bsval: 'Bitstring',
  constructor: 'JsonAggConstructor',
  context_item: 'JsonValueExpr',
  cycle_clause: 'CTECycleClause',
  expr: 'JsonValueExpr',
  format: 'JsonFormat',
  fval: 'Float',
  infer: 'InferClause',
  into: 'IntoClause',
  intoClause: 'IntoClause',
  ival: 'Integer',
  join_using_alias: 'Alias',
  larg: 'SelectStmt',
  on_empty: 'JsonBehavior',
  on_error: 'JsonBehavior',
  onConflictClause: 'OnConflictClause',
  output: 'JsonOutput',
  over: 'WindowDef',
  pathspec: 'JsonTablePathSpec',
  rarg: 'SelectStmt',
  rel: 'RangeVar',
  relation: 'RangeVar',
  returning: 'JsonReturning',
  returningClause: 'ReturningClause',
  search_clause: 'CTESearchClause',
  sval: 'String',
  typeName: 'TypeName',
  value: 'JsonValueExpr',
  val: 'JsonValueExpr',
  withClause: 'WithClause',
}

/** The fixed kind of a field, where its owner gives it another meaning than usual. */
const fixedIn: Readonly<Record<string, string>> = {
  'JsonArrayAgg.arg': 'JsonValueExpr',
  'JsonObjectAgg.arg': 'JsonKeyValue',
}

/** Whether the walk knows what a node of this kind means. */
export function isListed(kind: string): boolean {
  return listedKinds.has(kind)
}

/** All nodes directly under one, each with its kind; an object of no known kind comes out as `parent.field`. */
export function childrenOf(node: Node, except: readonly string[] = []): Node[] {
  return Object.entries(node.body)
    .filter(([field]) => !except.includes(field))
    .flatMap(([field, value]) => nodesIn(value, `${node.kind}.${field}`))
}

/** Nodes among a field's value: wrapped, of fixed kind, or in a list (where `{}` stands for an absent one). */
function nodesIn(value: unknown, place: string): Node[] {
  if (Array.isArray(value)) return value.filter(isPresent).flatMap((item) => nodesIn(item, place))
  if (!isTree(value)) return []
  return [unwrap(value) ?? { kind: fixedKindOf(place), body: value }]
}

function fixedKindOf(place: string): string {
  const field = place.slice(place.indexOf('.') + 1)
  return fixedIn[place] ?? (Object.hasOwn(fixedKinds, field) ? fixedKinds[field] : undefined) ?? place
}

function isPresent(value: unknown): boolean {
  return !isTree(value) || Object.keys(value).length > 0
}

/** A relation's dotted name in lower case. */
export function relationName(relation: Tree): string {
  const parts = [relation.catalogname, relation.schemaname, relation.relname]
  return parts
    .filter((part) => typeof part === 'string')
    .join('.')
    .toLowerCase()
}
