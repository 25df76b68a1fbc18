import { type PersonaName, personas } from '../personas.ts'
import type { DatabasePerson } from './people.ts'

type Rights = Pick<DatabasePerson, 'groups' | 'regions' | 'department' | 'region'>

/** What each persona may do in the database. A guest can sign in and sees nothing; whoever is missing has no role. */
const rights: Partial<Record<PersonaName, Rights>> = {
  alice: { groups: ['analysts', 'deleters'], regions: ['EMEA'], department: 'Sales', region: 'EMEA' },
  bob: { groups: ['analysts'], regions: ['US'], department: 'Sales', region: 'US' },
  carol: {
    groups: ['analysts', 'deleters'],
    regions: ['EMEA', 'US', 'APAC'],
    department: 'Operations',
    region: 'EMEA',
  },
  dave: { groups: [], regions: [], department: 'Finance', region: 'EMEA' },
  erin: { groups: [], regions: [], department: 'Sales', region: 'EMEA' },
  heidi: { groups: ['hr_staff'], regions: [], department: 'People', region: 'EMEA' },
}

/** The people of the embedded database. */
export const databasePeople: readonly DatabasePerson[] = Object.entries(rights).map(([name, right]) => {
  const { username, displayName } = personas[name as PersonaName]
  return { upn: username, name: displayName, ...right }
})
