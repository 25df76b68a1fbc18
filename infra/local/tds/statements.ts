/** What a statement is to the stand-in, beside being run. */
export type StatementKind =
  | 'ignore'
  | 'begin'
  | 'commit'
  | 'rollback'
  | 'context'
  | 'plan-on'
  | 'plan-off'
  | 'declare'
  | 'wait'
  | 'run'

const kinds: readonly (readonly [RegExp, StatementKind])[] = [
  [/^set\s+showplan_xml\s+on$/i, 'plan-on'],
  [/^set\s+showplan_xml\s+off$/i, 'plan-off'],
  [/^(?:set\s|print\b)/i, 'ignore'],
  [/^begin\s+tran/i, 'begin'],
  [/^commit\b/i, 'commit'],
  [/^(?:if\s+@@trancount\s*>\s*0\s+)?rollback\b/i, 'rollback'],
  [/^exec\s+sys\.sp_set_session_context\b/i, 'context'],
  [/^declare\b/i, 'declare'],
  [/^waitfor\s+delay\b/i, 'wait'],
]

/** What kind of statement a text is. */
export function kindOf(text: string): StatementKind {
  return kinds.find(([pattern]) => pattern.test(text))?.[1] ?? 'run'
}

/** The statements of a batch: parted at semicolons outside of quotes. */
export function partStatements(batch: string): readonly string[] {
  const parts = batch.match(/(?:N?'(?:[^']|'')*'|"[^"]*"|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\/|[^;])+/g) ?? []
  // The driver's own settings come one a line, without semicolons.
  return parts
    .flatMap((part) => (/^\s*set\b/i.test(part) ? part.split('\n') : [part]))
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** `@name type, …` of a DECLARE, as parameters without a value. */
export function declaredNames(text: string): readonly string[] {
  return [...text.matchAll(/@(\w+)\s/g)].map(([, name]) => name ?? '')
}
