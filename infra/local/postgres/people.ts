import { createHash } from 'node:crypto'

/** One person of the embedded database: the role's name is the sign-in name, as Azure names Entra roles. */
export interface DatabasePerson {
  readonly upn: string
  readonly name: string
  readonly groups: readonly ('analysts' | 'deleters' | 'hr_staff')[]
  readonly regions: readonly string[]
  readonly department: string
  readonly region: string
}

/**
 * The SQL that adds the people. No role is a superuser, may bypass row-level security, create roles or take on
 * another role (`SET FALSE`: membership gives rights, not a way to become the group).
 */
export function writePeople(people: readonly DatabasePerson[]): string {
  return [...people.map(writePerson), writeReports(people.length)].join('\n')
}

function writePerson(person: DatabasePerson, index: number): string {
  const [role, literal] = [quoteName(person.upn), quoteText(person.upn)]
  const groups = ['people', ...person.groups].map((group) => `GRANT ${group} TO ${role} WITH INHERIT TRUE, SET FALSE;`)
  const regions = person.regions.map(
    (region) => `INSERT INTO access.person_region VALUES (${literal}, ${quoteText(region)});`,
  )
  return [
    `CREATE ROLE ${role} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION CONNECTION LIMIT 150;`,
    ...groups,
    writeEmployee(person, index + 1),
    `INSERT INTO access.person VALUES (${literal}, ${index + 1});`,
    ...regions,
  ].join('\n')
}

function writeEmployee(person: DatabasePerson, id: number): string {
  const values = [
    String(id),
    quoteText(person.name),
    quoteText(person.upn),
    quoteText(`ZZ-${digits(person.upn)}-${id}`),
    `date '1979-06-01' + ${id * 391}`,
    quoteText(person.department),
    'NULL',
    String(61_000 + id * 1_750),
    quoteText(person.region),
  ]
  return `INSERT INTO hr.employees VALUES (${values.join(', ')});`
}

function writeReports(managers: number): string {
  return `UPDATE hr.employees SET manager = 1 + id % ${managers} WHERE id >= 10;`
}

function digits(text: string): string {
  const number = createHash('sha256').update(text).digest().readUInt32BE(0)
  return String(number % 1_000_000).padStart(6, '0')
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
