import type { OwnGroup } from '../backend/own-group.ts'
import { hostAccounts, hostGroup } from './own-resources.ts'
import { parseSettings, type Settings } from './settings.ts'

/** The settings of this process: the one place that reads the environment. Throws where anything is wrong. */
export function readSettings(): Settings {
  return parseSettings(process.env)
}

/** Names of the storage accounts that this process's host uses. */
export function readHostAccounts(): readonly string[] {
  return hostAccounts(process.env)
}

/** The resource group of this process's app; null outside Azure. */
export function readOwnGroup(): OwnGroup | null {
  return hostGroup(process.env)
}
