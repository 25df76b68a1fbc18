import { type Finding, nameColumn, readRows, textIn } from './import-rows.ts'

/**
 * Labels for the tags of Databricks' own data classification (`class.*`), and for a tag `pii` with a value
 * (Databricks documentation, "Data classification", "Apply tags to Unity Catalog securable objects").
 */
export const unityTags: Readonly<Record<string, string>> = {
  'class.name': 'pii.name',
  'class.email_address': 'pii.contact',
  'class.phone_number': 'pii.contact',
  'class.location': 'pii.contact',
  'class.ip_address': 'pii.contact',
  'class.credit_card': 'pii.payment',
  'class.iban_code': 'pii.payment',
  'class.us_bank_number': 'pii.payment',
  'class.us_ssn': 'pii.national_id',
  'class.us_itin': 'pii.national_id',
  'class.us_passport': 'pii.national_id',
  'class.us_driver_license': 'pii.national_id',
  'class.uk_nhs': 'pii.national_id',
  'class.de_id_card': 'pii.national_id',
  'class.date_of_birth': 'pii.birth',
  pii: 'pii',
  'pii=true': 'pii',
  'pii=name': 'pii.name',
  'pii=email': 'pii.contact',
  'pii=phone': 'pii.contact',
  'pii=contact': 'pii.contact',
  'pii=address': 'pii.contact',
  'pii=ssn': 'pii.national_id',
  'pii=national_id': 'pii.national_id',
  'pii=birth': 'pii.birth',
  'pii=salary': 'pii.compensation',
  'pii=payment': 'pii.payment',
  'pii=false': 'none',
}

/** Rows of `system.information_schema.column_tags`: one finding a tag, `name` or `name=value`. */
export function readUnityTags(text: string): readonly Finding[] {
  return readRows(text).map((row) => {
    const [name, value] = [textIn(row, 'tag_name'), textIn(row, 'tag_value')]
    const catalog = textIn(row, 'catalog_name', 'table_catalog')
    const schema = textIn(row, 'schema_name', 'table_schema')
    return {
      column: nameColumn([catalog, schema, textIn(row, 'table_name'), textIn(row, 'column_name')]),
      says: value === '' ? name : `${name}=${value}`,
    }
  })
}
