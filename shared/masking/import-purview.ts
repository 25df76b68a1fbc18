import { type Finding, nameColumn, readRows, textIn } from './import-rows.ts'

/** Labels for Purview's system classifications (Microsoft Purview Data Map, supported classifications). */
export const purviewClassifications: Readonly<Record<string, string>> = {
  'microsoft.personal.name': 'pii.name',
  'microsoft.personal.email': 'pii.contact',
  'microsoft.personal.us.phone_number': 'pii.contact',
  'microsoft.personal.eu.phone_number': 'pii.contact',
  'microsoft.personal.eu.mobile_phone_number': 'pii.contact',
  'microsoft.personal.physicaladdress': 'pii.contact',
  'microsoft.personal.ipaddress': 'pii.contact',
  'microsoft.personal.dateofbirth': 'pii.birth',
  'microsoft.personal.date_of_birth': 'pii.birth',
  'microsoft.government.us.social_security_number': 'pii.national_id',
  'microsoft.government.us.individual_taxpayer_identification_number': 'pii.national_id',
  'microsoft.government.eu.national_identification_number': 'pii.national_id',
  'microsoft.government.belgium.national_number': 'pii.national_id',
  'microsoft.government.netherlands.citizen_service_number': 'pii.national_id',
  'microsoft.government.france.social_security_number': 'pii.national_id',
  'microsoft.government.germany.identity_card_number': 'pii.national_id',
  'microsoft.government.eu.tax_identification_number': 'pii.national_id',
  'microsoft.government.eu.passport_number': 'pii.national_id',
  'microsoft.financial.credit_card_number': 'pii.payment',
  'microsoft.financial.international_banking_account_number': 'pii.payment',
  'microsoft.financial.us.aba_routing_number': 'pii.payment',
  'microsoft.security.common_passwords': 'secret',
}

/**
 * What a search of the Data Map gave (`value[].{qualifiedName, classification[]}`): a finding a column and
 * classification. Assets that are no columns have an empty column, so that they show.
 */
export function readPurview(text: string): readonly Finding[] {
  return readRows(text).flatMap((row) => {
    const qualified = textIn(row, 'qualifiedname', 'qualified name', 'fully qualified name')
    return classificationsIn(row).map((says) => ({ column: columnIn(qualified), says }))
  })
}

function classificationsIn(row: Readonly<Record<string, unknown>>): readonly string[] {
  const given = row.classification ?? row.classifications
  if (Array.isArray(given)) return given.map(String)
  return typeof given === 'string' ? given.split(/[;,]/).map((one) => one.trim()) : []
}

/** `mssql://server/database/schema/table#column`, or `…/catalogs/c/schemas/s/tables/t/columns/x`. */
function columnIn(qualified: string): string {
  const unity = /\/catalogs\/([^/]+)\/schemas\/([^/]+)\/tables\/([^/]+)\/columns\/([^/]+)$/i.exec(qualified)
  if (unity !== null) return nameColumn(unity.slice(1).map(decodeURIComponent))
  const [, schema = '', table = '', column = ''] = /\/([^/#]+)\/([^/#]+)#([^/#]+)$/.exec(qualified) ?? []
  return nameColumn([schema, table, column].map(decodeURIComponent))
}
