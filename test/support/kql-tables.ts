import { createRequire } from 'node:module'

// The library has no types that a module could import: it adds itself to the global object.
// biome-ignore lint/suspicious/noExplicitAny: as above
type Untyped = any

const require = createRequire(import.meta.url)
require('@kusto/language-service-next/bridge.js')
require('@kusto/language-service-next/Kusto.Language.Bridge.js')
const { Kusto, Bridge } = globalThis as Untyped
const { Symbols, KustoCode, GlobalState } = Kusto.Language

/** A table of a workspace, with the columns that its publisher documents: name → type of Kusto. */
export type Tables = Readonly<Record<string, Readonly<Record<string, string>>>>

/**
 * Microsoft's own analyser over these tables, and no other: what it finds wrong with a query, and the names of the columns
 * that come out. It says what a query means and runs none.
 */
export function createKqlAnalyser(tables: Tables) {
  const symbols = Object.entries(tables).map(([name, columns]) => {
    const schema = Object.entries(columns).map(([column, type]) => `${column}:${type}`)
    return new Symbols.TableSymbol.$ctor7(name, `(${schema.join(', ')})`, null)
  })
  const globals = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.$ctor1('workspace', symbols))
  return (text: string): { readonly faults: readonly string[]; readonly columns: readonly string[] } => {
    const code = KustoCode.ParseAndAnalyze(text, globals)
    const faults: Untyped[] = Bridge.toArray(code.GetDiagnostics())
    const columns: Untyped[] = Bridge.toArray(code.ResultType?.Columns ?? [])
    return { faults: faults.map(({ Message }) => Message), columns: columns.map(({ Name }) => Name) }
  }
}
