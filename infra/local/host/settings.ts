/** App settings, which Functions apps read from the environment. */
export type Settings = Readonly<Record<string, string | undefined>>

/** Replaces each `%NAME%` by its setting, as binding expressions allow; a missing setting throws. */
export function expandSettings(text: string, settings: Settings): string {
  return text.replace(/%([^%]+)%/g, (_, name: string) => {
    const value = settings[name]
    if (value === undefined) throw new Error(`'%${name}%' does not resolve to a value: the setting is missing`)
    return value
  })
}

/** Whether `AzureWebJobs.<name>.Disabled` (or its Linux spelling with underscores) switches a function off. */
export function isDisabled(name: string, settings: Settings): boolean {
  const value = settings[`AzureWebJobs.${name}.Disabled`] ?? settings[`AzureWebJobs__${name}__Disabled`]
  return value !== undefined && ['true', '1'].includes(value.toLowerCase())
}

/** A storage connection string by the name of its setting, with or without the `AzureWebJobs` prefix. */
export function readConnection(name: string | undefined, settings: Settings): string {
  const wanted = name === undefined || name === '' ? 'AzureWebJobsStorage' : name
  const value = settings[`AzureWebJobs${wanted}`] ?? settings[wanted]
  if (value !== undefined && value !== '') return value
  throw new Error(`the connection '${wanted}' names no setting with a connection string`)
}

/** Puts settings over the environment, and returns what puts the former values back. */
export function applySettings(settings: Settings): () => void {
  const former = Object.keys(settings).map((name) => [name, process.env[name]] as const)
  const put = (name: string, value: string | undefined): void => {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  for (const [name, value] of Object.entries(settings)) put(name, value)
  return () => {
    for (const [name, value] of former) put(name, value)
  }
}
