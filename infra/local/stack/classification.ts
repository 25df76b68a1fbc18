/** What the fields of the embedded database are (label by `schema.table.column`); the tables named here are classified whole. */
export const classification: Readonly<Record<string, string>> = {
  ...columns('sales.customers', ['id', 'name', 'region']),
  'sales.customers.email': 'pii.contact',
  'sales.customers.phone': 'pii.contact',
  ...columns('hr.employees', ['id', 'name', 'department', 'manager', 'region']),
  'hr.employees.email': 'pii.contact',
  'hr.employees.national_id': 'pii.national_id',
  'hr.employees.birth_date': 'pii.birth',
  'hr.employees.salary_eur': 'pii.compensation',
}

/** What the files are (label by `container.member` of the answer). */
export const fileClassification: Readonly<Record<string, string>> = { 'people.content': 'pii.compensation' }
/** The same tables as the workspace's catalog names them. */
export const lakeClassification: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(classification).map(([column, label]) => [`main.${column}`, label]),
)

/** What the items of the document account are (label by `container.member`, or a path of members). */
export const documentClassification: Readonly<Record<string, string>> = {
  ...columns('orders', ['id', 'region', 'city', 'total', '_etag', '_ts']),
  'orders.email': 'pii.contact',
  'orders.customer.name': 'pii.name',
  'orders.customer.email': 'pii.contact',
  ...columns('staff', ['id', 'department', 'name']),
  'staff.salary_eur': 'pii.compensation',
}

/** The same of the cluster's collections. */
export const collectionClassification: Readonly<Record<string, string>> = Object.fromEntries(
  ['orders_emea', 'orders_us'].flatMap((name) => [
    ...Object.entries(columns(name, ['_id', 'region', 'city', 'total'])),
    [`${name}.email`, 'pii.contact'],
    [`${name}.customer.name`, 'pii.name'],
    [`${name}.customer.email`, 'pii.contact'],
  ]),
)

function columns(table: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`${table}.${name}`, 'none']))
}
