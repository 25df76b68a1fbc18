import { Cron } from 'croner'
import { expandSettings, type Settings } from './settings.ts'

const numeric = /^[0-9*,/-]+$/
const named = /^([0-9*,/-]|[a-z]{3,})+$/i
const firstNamedField = 4

function checkField(field: string, index: number): string {
  const allowed = index < firstNamedField ? numeric : named
  if (!allowed.test(field)) throw new Error(`'${field}' is not NCRONTAB`)
  if (index === 5 && /(^|[,-])7/.test(field)) throw new Error('days of the week are 0 (Sunday) to 6')
  return field.replace(/[a-z]+/gi, (name) => name.slice(0, 3).toUpperCase())
}

/** The six NCRONTAB fields of a schedule; five fields have second 0 put before them. Anything else throws. */
export function normaliseSchedule(text: string): string {
  const fields = text.trim().split(/\s+/)
  if (fields.length !== 5 && fields.length !== 6) throw new Error(`the schedule '${text}' is not NCRONTAB`)
  return (fields.length === 5 ? ['0', ...fields] : fields).map(checkField).join(' ')
}

/**
 * A paused clock for a schedule, in which `%NAME%` stands for a setting: NCRONTAB wants day of month *and* day of week
 * to fit, and counts in UTC unless `WEBSITE_TIME_ZONE` (an IANA name) says otherwise.
 */
export function createClock(schedule: string, settings: Settings, tick: () => Promise<void>): Cron {
  return new Cron(
    normaliseSchedule(expandSettings(schedule, settings)),
    {
      mode: '6-part',
      paused: true,
      domAndDow: true,
      sloppyRanges: true,
      protect: true,
      timezone: settings.WEBSITE_TIME_ZONE ?? 'UTC',
    },
    tick,
  )
}
