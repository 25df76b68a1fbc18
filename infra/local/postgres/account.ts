import { execFile } from 'node:child_process'
import { userInfo } from 'node:os'
import { promisify } from 'node:util'
import { currentUid } from '../stack/scratch.ts'

/** The operating system's user that PostgreSQL runs as. */
export interface Account {
  readonly uid: number
  readonly gid: number
  /** True where it is another user than ours: PostgreSQL refuses to run as root. */
  readonly separate: boolean
}

/** Root hands the database to `nobody`; everybody else runs it as themselves. */
export async function findAccount(): Promise<Account> {
  const uid = currentUid()
  if (uid !== 0) return { uid, gid: process.getgid?.() ?? uid, separate: false }
  const [user, group] = await Promise.all([askId('-u'), askId('-g')])
  return { uid: user, gid: group, separate: true }
}

/** The name of our own user, as the kernel reports it to the server's peer check. */
export function currentUserName(): string {
  return userInfo().username
}

async function askId(flag: '-u' | '-g'): Promise<number> {
  const { stdout } = await promisify(execFile)('id', [flag, 'nobody'])
  return Number.parseInt(stdout, 10)
}
