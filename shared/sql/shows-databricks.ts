import type { Plan } from './dialect.ts'
import { type Form, form, namePattern as name, planShow } from './shows.ts'
import type { Token } from './tokens.ts'

const forms: readonly Form[] = [
  form(`((?:desc|describe) (?:schema|database|catalog)(?: extended)? ${name})`),
  // A name without a schema is a built-in function's.
  form('((?:desc|describe) function(?: extended)? \\w+)'),
  form(`((?:desc|describe) (?:function|volume)(?: extended)?) ${name}`),
  form(`((?:desc|describe) (?:history|detail)) ${name}`),
  form(`((?:desc|describe)(?: table)?(?: extended| formatted)?) ${name}(?: as json)?`, 3),
  form(`((?:desc|describe)(?: table)?(?: extended| formatted)?) ${name} ${name}`),
  form(
    `(show (?:tables|views|schemas|databases|volumes|(?:user |system |all )?functions|catalogs)(?: (?:in|from) ${name})?(?: (?:like )?')?)`,
  ),
  form(`(show columns (?:in|from)) ${name}(?: (?:in|from) ${name})?`, 1),
  form(`(show (?:partitions|tblproperties|create table)) ${name}`),
]

/** The plan for a statement of DESCRIBE or SHOW; one of another form is no safe read. */
export function showPlan(tokens: readonly Token[]): Plan {
  return planShow(tokens, forms)
}
