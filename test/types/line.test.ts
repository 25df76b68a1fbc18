import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const handle = `${root}shared/pipeline/handle.ts`
const misuse = `${root}test/types/misuse.ts`
const source = readFileSync(handle, 'utf8')

/** The stages as the line's one function writes them: what is made of what, by which stage. */
const stages = [...source.matchAll(/^ {2}const (?<made>\w+) = (?:await )?line\.(?<stage>\w+)\((?<taken>\w+)\)$/gm)].map(
  (hit) => ({
    text: hit[0],
    made: hit.groups?.made ?? '',
    stage: hit.groups?.stage ?? '',
    taken: hit.groups?.taken ?? '',
  }),
)

/** The function with one stage left out: what came in goes on to the next. */
function leaveOut({ text, made, taken }: (typeof stages)[number]): string {
  return source.replace(`${text}\n`, '').replaceAll(new RegExp(`\\(${made}\\)`, 'g'), `(${taken})`)
}

/** Two stages in each other's place. */
function swap(first: (typeof stages)[number], second: (typeof stages)[number]): string {
  const call = (stage: string) => `line.${stage}(`
  return source
    .replace(call(first.stage), 'line.\0(')
    .replace(call(second.stage), call(first.stage))
    .replace('line.\0(', call(second.stage))
}

const mutants = new Map<string, string>([
  ['handle.ts as it is', source],
  ...stages.map((stage): [string, string] => [`${stage.stage} left out`, leaveOut(stage)]),
  ...stages.slice(1).map((stage, index): [string, string] => {
    const before = stages[index] ?? stage
    return [`${before.stage} and ${stage.stage} swapped`, swap(before, stage)]
  }),
  ['respond with what was called', source.replace('line.respond(outcome)', 'line.respond(called)')],
  ['respond with what was masked', source.replace('line.respond(outcome)', 'line.respond(masked)')],
])
const fileOf = (index: number) => `${root}shared/pipeline/handle-mutant-${index}.ts`
const names = [...mutants.keys()]

/** Compiles all mutants and the misuses as one program; files exist in memory only. */
function compile(): ts.Program {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const texts = new Map(names.map((name, index) => [fileOf(index), mutants.get(name) ?? '']))
  const host = ts.createCompilerHost(options)
  const { readFile, fileExists, getSourceFile } = host
  host.readFile = (file) => texts.get(file) ?? readFile(file)
  host.fileExists = (file) => texts.has(file) || fileExists(file)
  host.getSourceFile = (file, target) => {
    const text = texts.get(file)
    return text === undefined ? getSourceFile(file, target) : ts.createSourceFile(file, text, target)
  }
  return ts.createProgram([...texts.keys(), misuse], options, host)
}

const program = compile()

function errorsOf(file: string): string[] {
  const found = program.getSourceFile(file)
  if (found === undefined) throw new Error(`${file} was not compiled`)
  const all = [...program.getSyntacticDiagnostics(found), ...program.getSemanticDiagnostics(found)]
  return all.map(({ code, messageText }) => `TS${code} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`)
}

/** Argument not assignable, property missing: what the types say of a wrong order; a syntax error would prove nothing. */
const wrongArgument = /^TS(2345|2379) /

describe('types of the line', () => {
  it('reads every stage of the sentence from handle.ts', () => {
    expect(stages.map(({ stage }) => stage)).toEqual([
      'verify',
      'resolve',
      'classify',
      'decide',
      'reserve',
      'approve',
      'recordIntent',
      'exchange',
      'call',
      'mask',
      'recordOutcome',
    ])
  })

  it('compiles the line as it is', () => {
    expect(errorsOf(fileOf(0))).toEqual([])
  })

  it.each(names.slice(1).map((name, index) => [name, index + 1] as const))('does not compile: %s', (_, index) => {
    expect(errorsOf(fileOf(index))).toContainEqual(expect.stringMatching(wrongArgument))
  })

  it('finds an error wherever a misuse expects one', () => {
    expect(errorsOf(misuse)).toEqual([])
  })
})
