export type ReportFile = 'report.json' | 'report.html' | 'report.json.sig' | 'report.json.tsr'

/** Name of a file of the report of `date` in its container. */
export function reportName(date: string, file: ReportFile): string {
  return `reports/${date}/${file}`
}

/** Dates of the reports among these names, the newest first. */
export function reportDates(names: readonly string[]): readonly string[] {
  const dates = names.flatMap((name) => /^reports\/(\d{4}-\d\d-\d\d)\/report\.json$/.exec(name)?.[1] ?? [])
  return [...new Set(dates)].sort().reverse()
}
