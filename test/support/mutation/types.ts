import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

/** Says whether a file of a copy of the repository has types that fit, as it stands now. Only that file is looked at. */
export function createTypeCheck(root: string): (file: string) => boolean {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root)
  const versions = new Map<string, number>()
  const roots = new Set<string>()
  const service = ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => [...roots],
    getScriptVersion: (path) => String(versions.get(path) ?? 0),
    getScriptSnapshot: (path) =>
      ts.sys.fileExists(path) ? ts.ScriptSnapshot.fromString(readFileSync(path, 'utf8')) : undefined,
    getCurrentDirectory: () => root,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: ts.sys.fileExists,
    readFile: ts.sys.readFile,
    readDirectory: ts.sys.readDirectory,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
    ...(ts.sys.realpath === undefined ? {} : { realpath: ts.sys.realpath }),
  })
  return (file) => {
    const path = join(root, file)
    roots.add(path)
    for (const one of roots) versions.set(one, (versions.get(one) ?? 0) + 1)
    return service.getSyntacticDiagnostics(path).length + service.getSemanticDiagnostics(path).length === 0
  }
}
