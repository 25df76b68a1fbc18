import { createRequire } from 'node:module'

/**
 * Microsoft's own parser of the Kusto language, to compare ours with. Every name of a text is a table there, with columns
 * of any name, so that whatever the text can mean as a table comes out as one.
 */
export interface Judged {
  /** `Query`, `Command` or `Directive`. */
  readonly kind: string
  readonly tables: readonly string[]
  /** Messages of errors in the text's grammar. */
  readonly errors: readonly string[]
}

// The library has no types that a module could import: it adds itself to the global object.
// biome-ignore lint/suspicious/noExplicitAny: as above
type Untyped = any

const require = createRequire(import.meta.url)
require('@kusto/language-service-next/bridge.js')
require('@kusto/language-service-next/Kusto.Language.Bridge.js')
const { Kusto, Bridge } = globalThis as Untyped
const { Symbols, KustoCode, GlobalState } = Kusto.Language

export function judgeKql(text: string, names: readonly string[] = text.match(/[A-Za-z_]\w*/g) ?? []): Judged {
  const tables = [...new Set(names)].map((name) =>
    new Symbols.TableSymbol.$ctor7(name, '(Any:dynamic)', null).WithIsOpen(true),
  )
  const database = new Symbols.DatabaseSymbol.$ctor1('db', tables)
  const code = KustoCode.ParseAndAnalyze(text, GlobalState.Default.WithDatabase(database))
  const found = new Set<string>()
  collect(code.Syntax, found)
  const problems: Untyped[] = Bridge.toArray(KustoCode.Parse(text).GetDiagnostics())
  return { kind: code.Kind, tables: [...found].sort(), errors: problems.map((problem) => problem.Message) }
}

function collect(root: Untyped, found: Set<string>): void {
  const waiting = [root]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const { ReferencedSymbol: symbol, ChildCount: count = 0 } = node
    if (symbol instanceof Symbols.TableSymbol && symbol.IsOpen) found.add(symbol.Name.toLowerCase())
    const children = Array.from({ length: count }, (_, at) => node.GetChild(at))
    waiting.push(...children.filter((child) => child !== null && child !== undefined))
  }
}
