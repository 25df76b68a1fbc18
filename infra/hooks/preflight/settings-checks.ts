import { parseSettings } from '../../../shared/config/settings.ts'
import type { Environment } from '../azure/endpoints.ts'
import { type Finding, ok, warn, wrong } from '../finding.ts'
import { settingsBefore, templateNames, unknownNames } from './settings-before.ts'

const needed = ['AZURE_ENV_NAME', 'AZURE_LOCATION', 'AZURE_SUBSCRIPTION_ID', 'COUNTERSIGN_RETENTION_DAYS'] as const
const template = new URL('../../', import.meta.url)
const leastDays = 183

/** Whether the environment holds what a deployment needs, in a form that the apps will start with. */
export function checkSettings(environment: Environment): readonly Finding[] {
  return [
    ...checkNeeded(environment),
    ...checkForm(environment),
    ...checkRetention(environment),
    ...checkNames(environment),
    ...checkLists(environment),
  ]
}

function checkNeeded(environment: Environment): readonly Finding[] {
  const place = { subject: 'environment', check: 'values' }
  const missing = needed.filter((name) => (environment[name] ?? '') === '')
  const found = missing.map((name) =>
    wrong(place, { code: 'value_missing', detail: name, next: `azd env set ${name} VALUE` }),
  )
  return found.length === 0 ? [ok(place, needed.join(', '))] : found
}

/** Each of the two apps stops at its start over one wrong setting, so both are tried. */
function checkForm(environment: Environment): readonly Finding[] {
  const place = { subject: 'environment', check: 'settings' }
  const faults = (['gateway', 'evidence'] as const).flatMap((app) => faultsOf(settingsBefore(environment, app)))
  const next = 'azd env set NAME VALUE corrects it: the README lists what each setting takes.'
  const found = [...new Set(faults)].map((detail) => wrong(place, { code: 'setting_wrong', detail, next }))
  return found.length === 0 ? [ok(place, 'both apps will start with them')] : found
}

function faultsOf(environment: Environment): readonly string[] {
  try {
    const { COUNTERSIGN_MODE: mode } = parseSettings(environment)
    return mode === 'production' ? [] : ['COUNTERSIGN_MODE is for development: azd env set COUNTERSIGN_MODE ""']
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return text.replace(/^Settings are wrong: /, '').split('; ')
  }
}

function checkRetention({ COUNTERSIGN_RETENTION_DAYS: text = '' }: Environment): readonly Finding[] {
  const place = { subject: 'environment', check: 'retention' }
  if (text === '') return []
  if (Number(text) >= leastDays) return [ok(place, `${text} days`)]
  const next = `azd env set COUNTERSIGN_RETENTION_DAYS ${leastDays}`
  return [wrong(place, { code: 'retention_too_short', detail: `${text} days, at least ${leastDays}`, next })]
}

function checkNames(environment: Environment): readonly Finding[] {
  const place = { subject: 'environment', check: 'names' }
  const names = templateNames(template)
  const unknown = names.length === 0 ? [] : unknownNames(environment, names)
  return unknown.map((name) => {
    const next = 'It has no effect: compare it with the README. azd env set NAME "" takes it away.'
    return warn(place, { code: 'name_unknown', detail: name, next })
  })
}

const lists = {
  COUNTERSIGN_ALLOWED_ACTORS: 'no agent may call: azd env set COUNTERSIGN_ALLOWED_ACTORS CLIENT_ID,CLIENT_ID',
  COUNTERSIGN_BACKENDS: 'nothing can be reached: azd env set COUNTERSIGN_BACKENDS JSON (docs/backends.md)',
  COUNTERSIGN_AUDITORS_GROUP_ID: 'nobody will read reports: azd env set COUNTERSIGN_AUDITORS_GROUP_ID GROUP_OBJECT_ID',
  COUNTERSIGN_ALERT_EMAILS: 'alerts reach nobody: azd env set COUNTERSIGN_ALERT_EMAILS ADDRESS,ADDRESS',
} as const

/** Empty lists mean nobody and nothing, which is safe, and hardly what was meant. */
function checkLists(environment: Environment): readonly Finding[] {
  const place = { subject: 'environment', check: 'lists' }
  const isEmpty = (name: string) => /^(?:\s*|\{\s*\}|\[\s*\])$/.test(environment[name] ?? '')
  return Object.entries(lists)
    .filter(([name]) => isEmpty(name))
    .map(([name, effect]) => {
      const [meaning = '', next = ''] = effect.split(/: (.*)/s)
      return warn(place, { code: 'list_empty', detail: `${name}: ${meaning}`, next })
    })
}
