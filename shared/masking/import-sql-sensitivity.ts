import { type Finding, nameColumn, readRows, textIn } from './import-rows.ts'

/** Labels for the information types that SQL Server and Azure SQL propose (SQL Data Discovery & Classification). */
export const sqlInformationTypes: Readonly<Record<string, string>> = {
  name: 'pii.name',
  'contact info': 'pii.contact',
  'national id': 'pii.national_id',
  ssn: 'pii.national_id',
  'date of birth': 'pii.birth',
  banking: 'pii.payment',
  'credit card': 'pii.payment',
  financial: 'pii.compensation',
  credentials: 'secret',
  health: 'pii.health',
  networking: 'pii.contact',
}

/**
 * Rows of `sys.sensitivity_classifications` joined with `sys.objects` and `sys.columns`, or of the portal's export: a
 * finding a row, by its information type, else by its sensitivity label.
 */
export function readSqlSensitivity(text: string): readonly Finding[] {
  return readRows(text).map((row) => ({
    column: nameColumn([
      textIn(row, 'schema_name', 'schema'),
      textIn(row, 'table_name', 'table'),
      textIn(row, 'column_name', 'column'),
    ]),
    says: textIn(row, 'information_type', 'information type') || textIn(row, 'label', 'sensitivity label'),
  }))
}
