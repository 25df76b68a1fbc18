import { parseSettings, type Settings } from './settings.ts'

/** The settings of this process: the one place that reads the environment. Throws where anything is wrong. */
export function readSettings(): Settings {
  return parseSettings(process.env)
}
