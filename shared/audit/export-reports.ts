import type { BundleFile, ExportScope } from './export.ts'

/** The container of the nightly reports, as far as an export reads it. */
export interface ReportShelf {
  readonly read: (name: string) => Promise<Uint8Array | null>
  readonly list: (prefix: string) => Promise<readonly string[]>
}

const reportFile = /^reports\/(\d{4}-\d\d-\d\d)\/report\.(json|json\.sig|json\.tsr)$/

/** The nightly reports of the days in scope, with their signatures and time stamps, as a bundle names them. */
export async function collectReports(shelf: ReportShelf, { from, to }: ExportScope): Promise<readonly BundleFile[]> {
  const files: BundleFile[] = []
  for (const name of await shelf.list('reports/')) {
    const [, date = '', kind = ''] = reportFile.exec(name) ?? []
    const isInScope = date !== '' && date >= from.slice(0, 10) && date <= to.slice(0, 10)
    const bytes = isInScope ? await shelf.read(name) : null
    if (bytes !== null) files.push({ name: `report-${date}.${kind}`, bytes })
  }
  return files
}
