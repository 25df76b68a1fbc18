import type { Node } from 'web-tree-sitter'
import { type Cursor, lineOf } from './cursor.ts'
import { type Expression, type Inner, literalText, type Member, memberOf } from './expression.ts'
import { type Parsed, parseBicep, partsOf, startAt } from './grammar.ts'
import { readPlaced } from './read-collection.ts'
import { readExpression } from './read-expression.ts'
import { readShape, type Shape } from './shape.ts'

interface Declared {
  readonly name: string
  readonly line: number
}

export interface Parameter extends Declared {
  readonly shape: Shape
  readonly initial: Expression | null
  /** Arguments of its decorators by their names: `allowed`, `minLength`, `secure` … */
  readonly decorators: Readonly<Record<string, readonly Expression[]>>
}

export interface Variable extends Declared {
  readonly value: Expression
}

export interface Output extends Declared {
  readonly shape: Shape
  readonly value: Expression
}

/** What resources and modules share: an object that is there under a condition, once or in a loop. */
interface Placed extends Declared {
  readonly condition: Expression | null
  readonly loop: { readonly names: readonly string[]; readonly over: Expression } | null
  readonly body: Expression
}

export interface Resource extends Placed {
  /** The whole type, with that of the resource around it: `Microsoft.Storage/storageAccounts/blobServices`. */
  readonly type: string
  readonly version: string
  readonly isExisting: boolean
  /** The resource that it is written inside of. */
  readonly around: Resource | null
}

export interface Module extends Placed {
  readonly path: string
}

/** One file, as far as its text alone tells. */
export interface Template {
  readonly path: string
  readonly text: string
  readonly scope: string
  readonly parameters: readonly Parameter[]
  readonly variables: readonly Variable[]
  readonly outputs: readonly Output[]
  /** Nested ones too, each behind the one around it. */
  readonly resources: readonly Resource[]
  readonly modules: readonly Module[]
  readonly types: readonly (Declared & { readonly shape: Shape })[]
  readonly functions: readonly (Declared & { readonly value: Expression; readonly names: readonly string[] })[]
  /** Names brought in from other files. */
  readonly imports: readonly string[]
  /** `#disable-next-line` and `#disable-diagnostics`, as written. */
  readonly disabled: readonly string[]
  readonly unseen: readonly string[]
  readonly faults: readonly string[]
}

type Decorators = Parameter['decorators']

/** Reads one file. What cannot be read stands in `faults`; the rest is what could be. */
export function readTemplate(path: string, text: string): Template {
  const file = parseBicep(path, text)
  const statements = partsOf(file.root)
  const of = (type: string) => statements.filter((node) => node.type === type)
  const resources = of('resource_declaration').flatMap((node) => readResource(readDeployed(node, file), null))
  return {
    path,
    text,
    scope: readScope(of('target_scope_assignment')[0], file),
    parameters: of('parameter_declaration').map((node) => readParameter(node, file, decoratorsBefore(node, file))),
    variables: of('variable_declaration').map((node) => ({ ...declared(node, file), value: valueAt(node, file, 1) })),
    outputs: of('output_declaration').map((node) => ({
      ...declared(node, file),
      shape: readShape(partsOf(node)[1], file),
      value: valueAt(node, file, 2),
    })),
    resources,
    modules: of('module_declaration').map((node) => readModule(node, file)),
    types: of('type_declaration').map((node) => ({
      ...declared(node, file),
      shape: readShape(partsOf(node)[1], file),
    })),
    functions: of('user_defined_function').map((node) => readFunction(node, file)),
    imports: of('import_functionality').flatMap((node) => importedNames(node)),
    disabled: text.match(/^\s*#disable\S* .*$/gm)?.map((line) => line.trim()) ?? [],
    unseen: file.unseen,
    faults: [...file.faults, ...file.misread.map(({ line, said }) => `${path}:${line} ${said}`)],
  }
}

function declared(node: Node, file: Parsed): Declared {
  return { name: partsOf(node)[0]?.text ?? '', line: lineOf(file.text, node.startIndex) }
}

function valueAt(node: Node, file: Parsed, index: number): Expression {
  const part = partsOf(node)[index]
  return part === undefined
    ? { kind: 'unknown', text: '', line: lineOf(file.text, node.startIndex) }
    : readExpression(startAt(file, part))
}

function readScope(node: Node | undefined, file: Parsed): string {
  return node === undefined ? 'resourceGroup' : (literalText(valueAt(node, file, 0)) ?? '')
}

function decoratorsBefore(node: Node, file: Parsed): Decorators {
  const before = node.previousNamedSibling
  if (before?.type !== 'decorators') return {}
  const calls = partsOf(before).map((decorator) => valueAt(decorator, file, 0))
  return Object.fromEntries(calls.flatMap((call) => (call.kind === 'call' ? [[call.name, call.args]] : [])))
}

function readParameter(node: Node, file: Parsed, decorators: Decorators): Parameter {
  const [, shape, initial] = partsOf(node)
  return {
    ...declared(node, file),
    shape: readShape(shape, file),
    initial: initial === undefined ? null : readExpression(startAt(file, initial)),
    decorators,
  }
}

function placed(name: Declared, written: Expression): Placed {
  const looped = written.kind === 'loop' ? written.body : written
  const body = looped.kind === 'guarded' ? looped.body : looped
  return {
    ...name,
    condition: looped.kind === 'guarded' ? looped.condition : null,
    loop: written.kind === 'loop' ? { names: written.names, over: written.over } : null,
    body,
  }
}

function readDeployed(node: Node, file: Parsed): Inner {
  const value = partsOf(node)[2]
  const cursor: Cursor = startAt(file, value ?? node)
  return {
    ...declared(node, file),
    type: literalText(valueAt(node, file, 1)) ?? '',
    isExisting: node.children.some((child) => child?.type === 'existing'),
    value: readPlaced(cursor, readExpression),
  }
}

function readResource(written: Inner, around: Resource | null): Resource[] {
  const [given = '', version] = written.type.split('@')
  const { name, line, isExisting, value } = written
  const resource: Resource = {
    ...placed({ name, line }, value),
    type: around === null ? given : `${around.type}/${given}`,
    version: version ?? around?.version ?? '',
    isExisting,
    around,
  }
  const nested = resource.body.kind === 'object' ? resource.body.resources : []
  return [resource, ...nested.flatMap((inner) => readResource(inner, resource))]
}

function readModule(node: Node, file: Parsed): Module {
  const { name, line, type, value } = readDeployed(node, file)
  return { ...placed({ name, line }, value), path: type }
}

function readFunction(node: Node, file: Parsed): Template['functions'][number] {
  const parts = partsOf(node)
  const names = parts.filter(({ type }) => type === 'parameters').flatMap(partsOf)
  const value = parts.at(-1)
  return {
    ...declared(node, file),
    names: names.map((parameter) => partsOf(parameter)[0]?.text ?? ''),
    value: value === undefined ? valueAt(node, file, 9) : readExpression(startAt(file, value)),
  }
}

/** `import { a, b as c } from 'x'` brings a and c; `import * as t from 'x'` brings t. */
function importedNames(node: Node): string[] {
  const words = node.children.filter((child) => child !== null).map(({ text }) => text)
  return words.filter(
    (word, index) => /^\w+$/.test(word) && !['import', 'as', 'from'].includes(word) && words[index + 1] !== 'as',
  )
}

/** The members of the parameters that a module is given. */
export function paramsOf(module: Module): readonly Member[] {
  const params = memberOf(module.body, 'params')
  return params?.kind === 'object' ? params.members : []
}
