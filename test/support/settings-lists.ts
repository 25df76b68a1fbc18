/** Names of settings in local.settings.sample.json, sorted. */
export function sampleNames(text: string): string[] {
  const { Values } = JSON.parse(text) as { Values: Record<string, string> }
  return Object.keys(Values).filter(isOurs).sort()
}

/** Names of settings that begin a row of a table in Markdown, sorted. */
export function readmeNames(text: string): string[] {
  return [...text.matchAll(/^\| `(COUNTERSIGN_\w+)`/gm)].map(([, name = '']) => name).sort()
}

/** Names of settings in Bicep templates, whether as keys of an object or as `name:` of a list; sorted, each once. */
export function templateNames(texts: readonly string[]): string[] {
  return [...new Set(texts.flatMap((text) => [...text.matchAll(/\bCOUNTERSIGN_\w+/g)].map(([name]) => name)))].sort()
}

function isOurs(name: string): boolean {
  return name.startsWith('COUNTERSIGN_')
}
